"""Rules of sd-scripts alone: what its configurations can get wrong (MP0xx)."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.files import pathname
from maskprep.model import Severity, TrainingSet
from maskprep.model.remarks import odd, refused, stopped
from maskprep.model.rule import Remark, RuleStage, rule

_CONFIG = RuleStage.CONFIG
_SANITIZER = "sd-scripts v0.10.1, library/config_util.py, ConfigSanitizer"
_DATASET = "sd-scripts v0.10.1, library/train_util.py, BaseDataset and DreamBoothDataset"
_TOML = (
    "sd-scripts v0.10.1, library/config_util.py, load_user_config; the package toml 0.10.2, "
    "decoder.py"
)
_MASKS = "sd-scripts v0.10.1, library/train_util.py, ControlNetDataset"


@rule(
    "MP004",
    "mixed-subsets",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend=(
        "give the subsets without mask files a [[datasets]] block of their own, as maskprep "
        "export-config does"
    ),
)
def mixed_subsets(training_set: TrainingSet) -> Iterator[Remark]:
    """Subsets of different kinds in one dataset: with mask files and without.

    Only if every subset names mask files are mask files allowed; each kind needs a
    ``[[datasets]]`` block of its own. The run does not start: "extra keys not allowed @
    data[…]['conditioning_data_dir']"; with metadata_file beside others, "DreamBooth subset and
    fine tuning subset cannot be mixed in the same dataset. Please split them into separate
    datasets."
    """
    return refused(training_set, "mixed-subsets")


@rule(
    "MP005",
    "forbidden-beside-masks",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend=(
        "take the key out, or move the subset to a block without mask files, as maskprep "
        "export-config does"
    ),
)
def forbidden_beside_masks(training_set: TrainingSet) -> Iterator[Remark]:
    """A key that subsets with mask files may not have: is_reg, class_tokens, alpha_mask.

    The run does not start: "extra keys not allowed @ data[…]['alpha_mask']".
    """
    return refused(training_set, "forbidden-beside-masks")


@rule(
    "MP006",
    "random-crop-with-masks",
    Severity.ERROR,
    _CONFIG,
    f'{_MASKS}; truth: "random_crop with mask files"',
    mend=(
        "set random_crop = false, or put the masks into the alpha: maskprep embed DATASET "
        "--output with-alpha"
    ),
)
def random_crop_with_masks(training_set: TrainingSet) -> Iterator[Remark]:
    """Random crops, which cannot be had with mask files: the run does not start.

    "random_crop is not supported in ControlNetDataset".
    """
    return stopped(training_set, "random-crop-with-masks", "set random_crop = false")


@rule(
    "MP007",
    "validation-split-with-masks",
    Severity.ERROR,
    _CONFIG,
    f'{_MASKS}; truth: "validation_split above 0 with mask files"',
    mend=(
        "set validation_split = 0, or put the masks into the alpha: maskprep embed DATASET "
        "--output with-alpha"
    ),
)
def validation_split_with_masks(training_set: TrainingSet) -> Iterator[Remark]:
    """A validation split beside mask files.

    The masks of the images taken away belong to nobody: the run does not start ("extra
    conditioning data for N images").
    """
    fix = "set validation_split = 0"
    return stopped(training_set, "validation-split-with-masks", fix)


@rule(
    "MP008",
    "bucket-bounds",
    Severity.ERROR,
    _CONFIG,
    f'{_DATASET}; truth: "resolution below min_bucket_reso", "resolution above max_bucket_reso"',
    mend=(
        "set min_bucket_reso to at most, and max_bucket_reso to at least, the sides of the "
        "resolution"
    ),
)
def bucket_bounds(training_set: TrainingSet) -> Iterator[Remark]:
    """A resolution outside min_bucket_reso and max_bucket_reso: the run does not start.

    "min_bucket_reso must be equal or less than resolution", or "max_bucket_reso must be equal or
    greater than resolution".
    """
    fix = "set min_bucket_reso at most, and max_bucket_reso at least, to the resolution's sides"
    return stopped(training_set, "bucket-bounds", fix)


@rule(
    "MP009",
    "no-resolution",
    Severity.ERROR,
    _CONFIG,
    f'{_DATASET}; truth: "no resolution anywhere"',
    mend="set resolution in [general] or in the dataset",
)
def no_resolution(training_set: TrainingSet) -> Iterator[Remark]:
    """Nobody says a resolution: the run does not start ("resolution is required")."""
    fix = "set resolution in [general] or the dataset (the trainer also takes --resolution)"
    return stopped(training_set, "no-resolution", fix)


@rule(
    "MP010",
    "bucket-step",
    Severity.ERROR,
    _CONFIG,
    "sd-scripts v0.10.1, library/train_util.py, verify_bucket_reso_steps; read, not recorded",
    mend="set bucket_reso_steps to a multiple of the number that is named",
)
def bucket_step(training_set: TrainingSet) -> Iterator[Remark]:
    """A bucket_reso_steps that LoRA training of the model cannot take.

    The trainer refuses to start with alpha and plain datasets: "bucket_reso_steps is 16. it must
    be divisible by 32." It never looks at datasets with mask files, which start with any step
    and can then fail in the model. Full training takes
    smaller steps of some models: 16 of flux, 8 of sd3.
    """
    step = training_set.model.bucket_step
    yield from stopped(
        training_set, "bucket-step", f"set bucket_reso_steps to a multiple of {step}"
    )
    yield from odd(training_set, "bucket-step")


@rule(
    "MP013",
    "duplicate-image-dir",
    Severity.ERROR,
    _CONFIG,
    f'{_DATASET}; truth: "same image_dir twice, …"',
    mend="take the second subset out, or raise num_repeats of the first",
)
def duplicate_image_dir(training_set: TrainingSet) -> Iterator[Remark]:
    """The same image_dir twice in one dataset: the second subset is dropped with a warning.

    "ignore duplicated subset with image_dir='…': use the first one". Where it has a mask
    folder of its own, these masks are then extra, and the run does not start.
    """
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            if subset.dropped == "duplicate-image-dir" and subset.images is not None:
                yield Remark(
                    subset.images.path,
                    f"named twice in datasets[{dataset.index}]: the trainer drops"
                    f" subsets[{subset.index}]",
                    "use num_repeats instead, or another [[datasets]] block",
                )


@rule(
    "MP014",
    "zero-repeats",
    Severity.ERROR,
    _CONFIG,
    f'{_DATASET}; truth: "num_repeats = 0"',
    mend="set num_repeats to 1 or more, or take the subset out",
)
def zero_repeats(training_set: TrainingSet) -> Iterator[Remark]:
    """A num_repeats below 1: the subset is dropped, and its masks are then extra.

    "ignore subset with image_dir='…': num_repeats is less than 1".
    """
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            if subset.dropped == "zero-repeats":
                path = subset.images.path if subset.images is not None else training_set.name
                told = "num_repeats is below 1: the trainer drops the subset"
                yield Remark(path, told, "set num_repeats to 1 or more, or take the subset out")


@rule(
    "MP015",
    "masked-loss-flag-needed",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend="start the trainer with --masked_loss",
)
def masked_loss_flag_needed(training_set: TrainingSet) -> Iterator[Remark]:
    """Mask files are named, but the trainer is not told ``--masked_loss``.

    The run does not start: "extra keys not allowed @ …['conditioning_data_dir']".
    """
    return refused(training_set, "masked-loss-flag-needed")


@rule(
    "MP016",
    "script-ignores-masks",
    Severity.WARNING,
    _CONFIG,
    "sd-scripts v0.10.1, fine_tune.py, train (no call of apply_masked_loss); read, not recorded",
    "train with train_network.py, or another script that applies masks",
    trains_whole=True,
)
def script_ignores_masks(training_set: TrainingSet) -> Iterator[Remark]:
    """A training script that never applies masks, though the data set has some.

    fine_tune.py reads no mask file and no alpha into its loss, and says nothing: every image
    trains whole. Known only where ``--script`` names the script; a script that is not known is
    told as info.
    """
    return odd(training_set, "script-ignores-masks")


@rule(
    "MP019",
    "bucket-bounds-adjusted",
    Severity.WARNING,
    _CONFIG,
    f'{_DATASET}; truth: "min_bucket_reso not a multiple of the steps"',
    mend="set the bounds to multiples of bucket_reso_steps",
)
def bucket_bounds_adjusted(training_set: TrainingSet) -> Iterator[Remark]:
    """Bucket bounds that are no multiples of the step: the trainer rounds them, outwards.

    "min_bucket_reso is adjusted to be multiple of bucket_reso_steps". Buckets are then smaller or
    larger than was meant.
    """
    return odd(training_set, "bucket-bounds-adjusted")


@rule(
    "MP020",
    "unknown-interpolation",
    Severity.ERROR,
    _CONFIG,
    f'{_DATASET}; truth: "unknown resize_interpolation"',
    mend="use lanczos, nearest, bilinear, linear, bicubic, cubic, area or box",
)
def unknown_interpolation(training_set: TrainingSet) -> Iterator[Remark]:
    """A resize_interpolation that the trainer does not know.

    In a dataset the run does not start ('Resize interpolation "…" is not a valid
    interpolation'); in a subset OpenCV's linear is used, without a word.
    """
    fix = "use one of lanczos nearest bilinear linear bicubic cubic area box"
    yield from stopped(training_set, "unknown-interpolation", fix)
    yield from odd(training_set, "unknown-interpolation")


@rule(
    "MP022",
    "regularisation-unused",
    Severity.WARNING,
    _CONFIG,
    "sd-scripts v0.10.1, library/train_util.py, DreamBoothDataset.__init__; read, not recorded",
    mend=(
        "put regularisation images into a block with training images that are as many, "
        "repeats counted"
    ),
)
def regularisation_unused(training_set: TrainingSet) -> Iterator[Remark]:
    """Regularisation images that never train.

    A block takes them, each with its repeats, until they are as many as its training images with
    theirs. Those left over are never used; without training images in the block, none is, and a
    run without any other block ends before its first step: "No data found. Please verify
    arguments (train_data_dir must be the parent of folders with images)".
    """
    for dataset in training_set.datasets:
        learns = any(each.pairs and not each.is_regularisation for each in dataset.subsets)
        for subset in dataset.subsets:
            if not subset.unused or subset.images is None:
                continue
            count, total = len(subset.unused), len(subset.unused) + len(subset.pairs)
            told = f"{count} of its {total} regularisation images never train: datasets"
            told += f"[{dataset.index}] has "
            if learns:
                told += "fewer training images, with repeats"
                fix = "raise num_repeats of its training images, or take surplus images out"
            else:
                told += "no training images beside them"
                fix = "move the subset to a block with training images, or take is_reg out:"
                fix += " its images then train whole, as any others"
            yield Remark(subset.images.path, told, fix)


@rule(
    "MP023",
    "toml-misread",
    Severity.ERROR,
    _CONFIG,
    f"{_TOML}, loads, TomlDecoder.load_line, load_value and load_array; compared with tomlkit",
    mend="maskprep check DATASET --fix, or write the value on one line, its comment above it",
)
def toml_misread(training_set: TrainingSet) -> Iterator[Remark]:
    """A key that the trainer's TOML parser loses or changes, without a word.

    The trainer reads TOML with the package toml 0.10.2, which takes some valid TOML for something
    else. A comment or a blank behind the closing quotes of a string of several lines takes this
    key away, and the rest of the file; strings of an array are cut at commas and brackets that
    they hold; a string that begins with an escaped quote loses it; in strings of several lines
    blanks and line breaks go; blanks around the dots of a key become part of it. The check goes on
    with what the trainer reads.
    """
    return odd(training_set, "toml-misread")


@rule(
    "MP024",
    "path-escapes",
    Severity.ERROR,
    _CONFIG,
    f"{_TOML}, _unescape and TomlDecoder.load_value",
    mend="maskprep check DATASET --fix, or write Windows paths with / or in single quotes",
)
def path_escapes(training_set: TrainingSet) -> Iterator[Remark]:
    r"""A path whose backslashes are escapes: "D:\new\train" holds a line break and a tab.

    In double quotes \b \f \n \r \t and \0 become control characters without a word, and no
    folder has such a name: an image folder is skipped ("not directory: …"), and a run without any
    other ends before its first step ("No data found. Please verify arguments (train_data_dir must
    be the parent of folders with images)"); without the mask folder it dies in its first batch
    ("'NoneType' object has no attribute 'read'"), without the metadata file at its start ("no
    metadata: …"). \d, \U and others are refused, and the run does not start. In single quotes a
    backslash is a backslash.
    """
    told = list(odd(training_set, "path-escapes"))
    yield from told
    for dataset in training_set.datasets if not told else ():
        for subset in dataset.subsets:
            for folder in (subset.images, subset.masks):
                if folder is not None and not folder.exists and pathname.has_controls(folder.path):
                    words = "there is no such folder: its name holds control characters"
                    yield Remark(folder.path, words, "write it without them")
