"""What a fix has made, judged before it is written: no mend may leave a fault, or make one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from maskprep import raster
from maskprep.editing.plan import Made, Task
from maskprep.errors import MaskprepError, UnreadableImageError
from maskprep.masks.values import HALF, Judgement, Kind, judge
from maskprep.mending.changes import mask_in
from maskprep.mending.fixes import Fix
from maskprep.model.rule import RuleStage
from maskprep.rules import all_rules

Witness = Callable[[Task[Any], Made[Any]], None]


def judging(fix: Fix, witness: Witness | None) -> Witness:
    """Look at what a fix makes before anybody else does.

    Parameters
    ----------
    fix : Fix
        Whose work it is.
    witness : callable or None
        Who is shown it afterwards, where nothing speaks against it.

    Returns
    -------
    callable
        Raises `MaskprepError` where the mask made hardly trains, is one value all over, or a
        photograph: where it was so before and the fix is of something else, it may stay so.
    """
    of_values = any(
        each.name == fix.rule and each.stage is RuleStage.ENCODING for each in all_rules()
    )

    def look(task: Task[Any], made: Made[Any]) -> None:
        after = None if fix.asked else _judged(made.content)
        if after is not None and _is_fault(after):
            before = _today(task.source)
            stays = before is not None and before.kind is after.kind
            flat = after.kind is Kind.CONSTANT and before is not None and before.top == after.top
            if not stays or (of_values and not flat):
                raise MaskprepError(f"{task.source}: mended so, it {_words(after)}")
        if witness is not None:
            witness(task, made)

    return look


def _judged(content: bytes | None) -> Judgement | None:
    mask = mask_in(content) if content else None
    return judge(mask) if mask is not None and mask.ndim == 2 else None


def _today(path: str) -> Judgement | None:
    try:
        return judge(raster.read_mask(path, "r").mask)
    except UnreadableImageError:
        return None


def _is_fault(judged: Judgement) -> bool:
    if judged.kind is Kind.FAINT:
        return judged.top < HALF
    return judged.kind in (Kind.CONSTANT, Kind.LABELS, Kind.VOID, Kind.PHOTOGRAPH)


def _words(judged: Judgement) -> str:
    if judged.kind is Kind.FAINT and judged.levels is not None:
        black, white = judged.levels
        return f"{judged.why}: maskprep extract --levels {black},{white}"
    return judged.why if judged.kind is not Kind.LABELS else f"is {judged.why}"
