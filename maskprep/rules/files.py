"""Rules for a pair's two files: whether they open, fit and belong together (MP1xx)."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.dataset.sample import Sample
from maskprep.files import storage
from maskprep.masks.resample import are_alike
from maskprep.model import MaskSource, Severity, Size, Stage
from maskprep.model.rule import DATASET, Remark, RuleStage, rule

_FILES = RuleStage.FILES
_UTIL = "sd-scripts v0.10.1, library/train_util.py"
_UPRIGHT = "turn image and mask upright, both at once"
# Colours are looked at when sizes fit: the shape may be in any of them.
_TURNED = f"maskprep extract {DATASET} --from auto --apply-exif --output upright"


@rule(
    "MP104",
    "unreadable",
    Severity.ERROR,
    _FILES,
    f'{_UTIL}, load_image and get_image_size; truth: "truncated mask file", "empty mask file", '
    '"empty image file"',
    mend="export the file again",
    formats="netpbm",
)
def unreadable(sample: Sample) -> Iterator[Remark]:
    """A file that cannot be decoded: empty, cut short, damaged, no image, no regular file.

    Where the run stops depends on the file and the trainer; the remark says it. In a batch it is
    "UnidentifiedImageError: cannot identify image file" or "OSError: image file is truncated".
    Since 0.10 an image of which not even the size can be read stops the run before its first
    step: "ZeroDivisionError: division by zero". What is broken behind its size stops in the batch;
    what confuses the package that tells sizes (imagesize 1.4.1), such as a JPEG cut short in its
    header, stops every generation before its first step: "ValueError: Invalid JPEG file".


    Kinds that no data set holds on purpose (PostScript, DDS, PCX, ...) are not opened, though
    the trainer's Pillow may be able to: what the run does with them is not foretold.
    """
    caption = sample.pair.caption
    if caption.rule == "unreadable" and caption.path is not None:
        told = f"cannot be read; the trainer refuses to start ({caption.error})"
        yield Remark(caption.path, told, "make the file readable, or delete it")
    stops = {stop.path: stop for stop in reversed(sample.stops)}
    for path, broken in sample.broken.items():
        if broken.too_large:
            continue
        told = str(broken).removeprefix(f"{path}: ")
        stop = stops.get(path)
        regular = storage.isfile(path)
        if not broken.foretold:
            told += f"; {broken.error}"
        elif stop is not None and stop.stage is Stage.SKIPPED:
            told += f"; the trainer goes on without it ({stop.headline})"
        elif stop is not None and "for ever" not in told:
            told += f"; the trainer stops {_when(stop.stage.value)} ({stop.headline})"
        elif not sample.stops:
            told += "; the trainer goes on without it"
        fix = "export the file again, or take the pair out" if regular else "rename or remove it"
        yield Remark(path, told, fix)
    for stop in sample.stops:
        if stop.rule == "unreadable" and stop.path is not None and stop.path not in sample.broken:
            told = "opens, but the trainer cannot tell its size and stops"
            when = _when(stop.stage.value)
            yield Remark(stop.path, f"{told} {when} ({stop.headline})", "save it again, as PNG say")


@rule(
    "MP105",
    "mask-size-mismatch",
    Severity.ERROR,
    _FILES,
    f'{_UTIL}, ControlNetDataset; truth: "mask size differs, buckets on", "…, buckets off"',
    mend=(
        "export the mask again in its image's size; maskprep check DATASET --fix "
        "--unsafe-fixes resizes it"
    ),
)
def mask_size_mismatch(sample: Sample) -> Iterator[Remark]:
    """A mask of another size than its image.

    With buckets the run stops in the middle of an epoch: "size of conditioning image is not
    match". Without, the mask is stretched, silently.
    """
    if sample.pair.source is not MaskSource.FILE or sample.pair.mask is None:
        return
    if sample.image_header is None or sample.mask_header is None:
        return
    image, mask = sample.image_header.trained_size, sample.mask_header.trained_size
    if image == mask:
        return
    if any(stop.rule == "mask-size-mismatch" for stop in sample.stops):
        told = "the run stops in this batch (size of conditioning image is not match)"
        severity = Severity.ERROR
    else:
        told = "the trainer stretches it"
        severity = Severity.WARNING
    fix = f"export the mask again at {image} px"
    command = ""
    if sample.image_header.turned and mask == Size(image.height, image.width):
        fix, command = _UPRIGHT, _TURNED
    size = f"is {mask} px, its image is {image} px"
    choice = not command and not are_alike(mask, image)
    yield Remark(sample.pair.mask, size, fix, severity, command, choice, told)


@rule(
    "MP116",
    "cache-info-stale",
    Severity.WARNING,
    _FILES,
    f"{_UTIL}, load_dreambooth_dir (read)",
    mend="delete metadata_cache.json: the trainer makes it anew",
)
def cache_info_stale(sample: Sample) -> Iterator[Remark]:
    """``metadata_cache.json`` disagrees with the files, and wins over them.

    With ``cache_info = true`` images, sizes and captions are taken from it: a replaced image goes
    to a wrong bucket, a new caption is never read, a new image never trained.
    """
    cached = sample.pair.cached
    if cached is None:
        return
    image, header = sample.pair.image, sample.image_header
    fix = "delete it: the trainer makes it anew"
    if not storage.exists(image):
        yield Remark(cached.path, f"names {image}, which is gone", fix)
    elif header is not None and cached.size not in (None, header.size, sample.measured):
        told = f"says that {image} is {cached.size} px; it is {header.size} px"
        yield Remark(cached.path, told, fix)
    if sample.pair.caption.text is not None and sample.pair.caption.text != cached.caption:
        yield Remark(cached.path, f"holds another caption of {image} than its file", fix)
    for path in sample.subset.uncached:
        yield Remark(cached.path, f"does not name {path}, which never trains", fix)


@rule(
    "MP119",
    "exif-orientation",
    Severity.WARNING,
    _FILES,
    f'{_UTIL}, load_image; truth: "EXIF orientation 6 (90 degrees), …"',
    mend="maskprep extract DATASET --apply-exif --output upright turns images and masks",
    formats="png-exif-6",
)
def exif_orientation(sample: Sample) -> Iterator[Remark]:
    """An image or mask that viewers turn upright by its EXIF, and the trainer does not.

    It is trained as stored: lying on its side. A mask painted over the upright view does not fit.
    A TIFF, whatever its name, the trainer's Pillow turns as viewers do; but its size is measured
    before, and Pillow 11.0 to 13.0 scrambles one that is turned by 90 degrees and not compressed.
    """
    image, mask = sample.image_header, sample.mask_header
    if image is None:
        return
    for path, header in ((sample.pair.image, image), (sample.pair.mask, mask)):
        if path is not None and header is not None and header.is_scrambled:
            told = "is a turned TIFF: the trainer's Pillow (11.0 to 13.0) scrambles it"
            yield Remark(path, told, "save it without orientation", Severity.ERROR)
    swapped = Size(image.size.height, image.size.width)
    is_turned_tiff = image.format == "TIFF" and sample.believed_size == swapped != image.size
    if is_turned_tiff and not image.is_scrambled:
        told = f"is a turned TIFF of {image.size} px, which the trainer measures before it is"
        told += f" turned: it is squeezed into a bucket for {swapped} px"
        yield Remark(sample.pair.image, told, "save it without orientation", Severity.ERROR)
    if image.orientation != 1:
        told = f"viewers turn it (EXIF orientation {image.orientation}), the trainer does not"
        severity, fix, command = None, "save the image upright, without EXIF orientation", ""
        if sample.pair.source is MaskSource.FILE:
            fix, command = _UPRIGHT, _TURNED
        if image.turned and mask is not None and mask.size == swapped != image.size:
            told += "; its mask was painted over the turned view and does not fit"
            severity = Severity.ERROR
        yield Remark(sample.pair.image, told, fix, severity, command)
    if sample.pair.source is MaskSource.FILE and mask is not None and mask.orientation != 1:
        told = f"viewers turn it (EXIF orientation {mask.orientation}), the trainer does not"
        yield Remark(sample.pair.mask or "", told, "save the mask without EXIF orientation")


@rule(
    "MP120",
    "image-not-resolution",
    Severity.ERROR,
    _FILES,
    f'{_UTIL}, BaseDataset.__getitem__; truth: "image size is not the resolution, buckets off"',
    mend="set enable_bucket = true, or bring every image to the resolution",
)
def image_not_resolution(sample: Sample) -> Iterator[Remark]:
    """Without buckets every image must have exactly the resolution: the run stops in the batch.

    "image too large, but cropping and bucketing are disabled", or "image size is small".
    """
    for stop in sample.stops:
        header, placement = sample.image_header, sample.placement
        if stop.rule == "image-not-resolution" and header is not None and placement is not None:
            told = (
                f"is {header.size} px, {placement.bucket} px is wanted where buckets are"
                f" off: the run stops ({stop.headline})"
            )
            yield Remark(sample.pair.image, told, stop.hint)


@rule(
    "MP121",
    "no-bucket",
    Severity.ERROR,
    _FILES,
    f'{_UTIL}, BucketManager; truth: "tiny image, bucket_no_upscale", "zero bucket width …"',
    mend="crop or enlarge the image, or take it out",
)
def no_bucket(sample: Sample) -> Iterator[Remark]:
    """An image too small, or too long and thin, for any bucket: the run stops.

    "ZeroDivisionError: division by zero" before the first step; in a batch "inv_scale_x > 0 in
    function 'resize'" or, up to 0.9, "Expected input to have non-zero size for non-batch
    dimensions".
    """
    for stop in sample.stops:
        if stop.rule == "no-bucket" and sample.image_header is not None:
            told = (
                f"is {sample.image_header.size} px, for which there is no bucket: the run stops"
                f" {_when(stop.stage.value)} ({stop.headline})"
            )
            yield Remark(sample.pair.image, told, stop.hint)


@rule(
    "MP122",
    "image-16bit",
    Severity.ERROR,
    _FILES,
    f'{_UTIL}, load_image (Pillow cuts off, it does not scale); truth: "16-bit grey mask, …"',
    mend="maskprep check DATASET --fix scales it to 8 bits, or save it as 8-bit PNG",
    formats="png-grey-16",
)
def image_16bit(sample: Sample) -> Iterator[Remark]:
    """A training image of 16-bit or 32-bit grey: its values are cut off at 255, not scaled.

    Viewers show the picture; the trainer learns a white one, and of floats from 0 to 1 a black one.
    Pictures of 16 bits in three colours are read right, by their high bytes.
    """
    header = sample.image_header
    if header is None or not header.is_clipped:
        return
    kind = "floats" if header.mode == "F" else "grey"
    told = f"is {header.bits}-bit {kind} ({header.mode}), which the trainer cuts off at 255 and"
    if header.mode == "F":
        told += " rounds down: of values from 0 to 1 it trains a black picture"
    else:
        told += " does not scale: what lies above it trains as white"
    yield Remark(sample.pair.image, told, "scale it to 8 bits, or save it as 8-bit PNG")


@rule(
    "MP210",
    "bomb",
    Severity.ERROR,
    _FILES,
    f"{_UTIL}, load_image (Pillow's own limit stops the trainer too)",
    mend="shrink the file",
)
def bomb(sample: Sample) -> Iterator[Remark]:
    """A file that declares so many pixels that Pillow refuses it; it is never decoded.

    The trainer stops in its batch: "DecompressionBombError: Image size (… pixels) exceeds limit
    of … pixels, could be decompression bomb DOS attack."
    """
    for path, error in sample.broken.items():
        if error.too_large:
            yield Remark(path, str(error).removeprefix(f"{path}: "), "shrink the picture")


def _when(stage: str) -> str:
    return "before the first step" if stage == "start-up" else "in this batch"
