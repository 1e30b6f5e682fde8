"""Rules of AnimaLoraStudio alone; what they say is read in its source, not recorded."""

from __future__ import annotations

from collections.abc import Iterator

from maskprep.model import Severity, Subset, TrainingSet
from maskprep.model.remarks import odd
from maskprep.model.rule import Remark, RuleStage, rule
from maskprep.trainers.anima_lora_studio.pairing import Named

_CONFIG = RuleStage.CONFIG
_PHASE = "AnimaLoraStudio v0.19.0, runtime/training/phases/dataset.py, run (read)"


@rule(
    "MP680",
    "masked-loss-off",
    Severity.ERROR,
    _CONFIG,
    _PHASE,
    mend="set masked_loss: true in the training configuration",
)
def masked_loss_off(training_set: TrainingSet) -> Iterator[Remark]:
    """Masks lie beside the images, and ``masked_loss`` is off: every image trains whole."""
    return odd(training_set, "masked-loss-off")


@rule(
    "MP681",
    "masks-off-by-packing",
    Severity.ERROR,
    _CONFIG,
    _PHASE,
    mend="set navit_packing: false",
)
def masks_off_by_packing(training_set: TrainingSet) -> Iterator[Remark]:
    """``navit_packing`` switches ``masked_loss`` off, with a line in the log only."""
    return odd(training_set, "masks-off-by-packing")


@rule(
    "MP682",
    "image-without-caption",
    Severity.WARNING,
    RuleStage.FOLDERS,
    "AnimaLoraStudio v0.19.0, runtime/training/dataset.py, _make_sample (read)",
    mend="save a caption beside it, NAME.txt, NAME.caption or NAME.json; an empty one will do",
)
def image_without_caption(subset: Subset) -> Iterator[Remark]:
    """An image without a caption is not trained, without a word."""
    if not isinstance(subset.settings, Named):
        return
    for image in subset.settings.uncaptioned:
        told = "has no caption beside it: AnimaLoraStudio does not train it, without a word"
        yield Remark(image, told, "save a .txt beside it; an empty one will do")
