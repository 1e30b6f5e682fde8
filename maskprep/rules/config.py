"""Rules for the configuration of any trainer (MP0xx); those of one alone stand in its folder."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.dataset.below import how_to_take_in
from maskprep.model import MaskSource, Severity, TrainingSet
from maskprep.model.remarks import refused, stopped
from maskprep.model.rule import Remark, RuleStage, rule

_CONFIG = RuleStage.CONFIG
_SANITIZER = "sd-scripts v0.10.1, library/config_util.py, ConfigSanitizer"
_DATASET = "sd-scripts v0.10.1, library/train_util.py, BaseDataset and DreamBoothDataset"
_MASKS = "sd-scripts v0.10.1, library/train_util.py, ControlNetDataset"


@rule(
    "MP001",
    "unparsable",
    Severity.ERROR,
    _CONFIG,
    "sd-scripts v0.10.1, library/config_util.py, load_user_config (the packages toml and json)",
    mend=(
        "correct the line that is named; save it as UTF-8 without a byte order mark; write "
        "Windows paths with / or in single quotes"
    ),
)
def unparsable(training_set: TrainingSet) -> Iterator[Remark]:
    """A configuration that is no TOML or JSON for the trainer's own parser.

    The run does not start: "Error on parsing TOML config file. Please check the format."
    """
    return refused(training_set, "unparsable")


@rule(
    "MP002",
    "unknown-key",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend="rename the key, move it to the block that is named, or take it out",
)
def unknown_key(training_set: TrainingSet) -> Iterator[Remark]:
    """A key that the trainer does not know, or not in this place.

    The run does not start: "extra keys not allowed @ data[…]".
    """
    return refused(training_set, "unknown-key")


@rule(
    "MP003",
    "wrong-type",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend="give a value of the type that is named",
)
def wrong_type(training_set: TrainingSet) -> Iterator[Remark]:
    """A value of another type than the trainer wants.

    The run does not start: "expected int for dictionary value @ data[…]".
    """
    return refused(training_set, "wrong-type")


@rule(
    "MP021",
    "missing-key",
    Severity.ERROR,
    _CONFIG,
    f"{_SANITIZER}; read",
    mend="add the key to the block",
)
def missing_key(training_set: TrainingSet) -> Iterator[Remark]:
    """A key without which the trainer takes no such block.

    The run does not start: "required key not provided @ data[…]['image_dir']".
    """
    return refused(training_set, "missing-key")


@rule(
    "MP011",
    "no-datasets",
    Severity.ERROR,
    _CONFIG,
    "sd-scripts v0.10.1, train_network.py, train",
    mend="let maskprep export-config IMAGES --masks MASKS -o dataset.toml write one",
)
def no_datasets(training_set: TrainingSet) -> Iterator[Remark]:
    """No ``[[datasets]]`` block: the run ends before its first step.

    "No data found. Please verify arguments (train_data_dir must be the parent of folders with
    images)".
    """
    return stopped(training_set, "no-datasets", training_set.trainer.words.name_datasets)


@rule(
    "MP012",
    "no-images",
    Severity.ERROR,
    _CONFIG,
    "sd-scripts v0.10.1, train_network.py, train",
    mend="name the folder that directly holds the images, as .png .jpg .jpeg .webp or .bmp",
)
def no_images(training_set: TrainingSet) -> Iterator[Remark]:
    """Not one image that the trainer sees: the run ends before its first step.

    "No data found. Please verify arguments (train_data_dir must be the parent of folders with
    images)". It takes .png .jpg .jpeg .webp and .bmp, all lower or all upper case, and looks
    into no sub-folder: where images lie there, the fix is the command that takes them in.
    """
    fix = how_to_take_in(training_set) or training_set.trainer.words.name_images
    return stopped(training_set, "no-images", fix)


@rule(
    "MP017",
    "trained-whole",
    Severity.WARNING,
    _CONFIG,
    f"{_SANITIZER}; truth: configs",
    mend="give the images masks, or leave the block as it is if they shall train whole",
    trains_whole=True,
)
def trained_whole(training_set: TrainingSet) -> Iterator[Remark]:
    """A dataset without masks in a run that has, or asks for, masks.

    Its images are trained whole, and no trainer says so. Regularisation images are meant so.
    """
    subsets = [subset for dataset in training_set.datasets for subset in dataset.subsets]
    if not training_set.masked_loss and all(each.source is MaskSource.NONE for each in subsets):
        return
    for subset in subsets:
        if subset.source is MaskSource.NONE and subset.pairs and not subset.is_regularisation:
            path = subset.images.path if subset.images is not None else training_set.name
            told = f"datasets[{subset.dataset}] has no masks: {len(subset.pairs)} of its images"
            told += " train whole"
            yield Remark(path, told, training_set.trainer.words.give_masks)


@rule(
    "MP018",
    "relative-path",
    Severity.WARNING,
    _CONFIG,
    "sd-scripts v0.10.1, library/train_util.py, load_dreambooth_dir (os.path.isdir)",
    mend="start the trainer from the folder that is named, or write the whole path",
)
def relative_path(training_set: TrainingSet) -> Iterator[Remark]:
    """A relative folder that exists beside the configuration, but not where the trainer looks.

    The trainer resolves it from the directory in which it is started, and leaves out what is not
    there with a warning: "not directory: …". Where nothing is left the run ends before its first
    step: "No data found. Please verify arguments (train_data_dir must be the parent of folders
    with images)".
    """
    for path in training_set.relocated:
        yield Remark(
            path,
            "exists beside the configuration, not in the working directory: the run would not"
            " find it from here",
            "start the trainer from the configuration's folder, or write absolute paths",
        )
