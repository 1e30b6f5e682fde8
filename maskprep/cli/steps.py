"""The next step after masks were written: the command, whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from maskprep.dataset.discover import Request
    from maskprep.editing.plan import Carried, Destination
    from maskprep.model import TrainingSet

Made = Literal["masks", "alpha", "both", "upright"]


def next_step(
    request: Request,
    found: TrainingSet,
    carried: Carried[Any],
    destination: Destination,
    made: Made = "masks",
) -> str:
    """Name what comes after masks, or images with masks in their alpha, were written.

    Parameters
    ----------
    request : Request
        What was asked for.
    found : TrainingSet
        Whose files they were.
    carried : Carried
        What became of them.
    destination : Destination
        Where they went.
    made : {"masks", "alpha", "both", "upright"}
        What was written: mask files; images with masks in their alpha; some of each; mask files
        and images that were turned upright.

    Returns
    -------
    str
        A check of what was changed in place, by the images' alpha where masks were put there; of
        copies a configuration that names them, which says how it is checked. What to set, where one
        command cannot tell all folders.
    """
    from maskprep.files.shell import typed

    if destination.output is None:
        moved = made == "alpha" and request.masks is not None
        asked = replace(request, masks=None, alpha=True) if moved else request
        return f"maskprep check {asked.arguments}"
    words = _words(found, carried, destination.output, made)
    if not words:
        return f"name the folders in {destination.output} in the configuration, and check it"
    config = f"{destination.output}.toml"
    return typed(["maskprep", "export-config", *words, *request.who, "-o", config])


def _words(found: TrainingSet, carried: Carried[Any], output: Path, made: Made) -> list[str]:
    """Name the folders as export-config takes them; nothing where they cannot be matched."""
    from maskprep.model import MaskSource

    written = {
        outcome.source: outcome.target.parent
        for outcome in carried.outcomes
        if outcome.target is not None and not outcome.problem
    }
    masks: dict[str, set[Path]] = {}
    others: list[str] = []
    for subset in (each for dataset in found.datasets for each in dataset.subsets):
        if subset.images is None:
            continue
        if subset.source is MaskSource.NONE:
            others += ["--reg" if subset.is_regularisation else "--plain", subset.images.path]
            continue
        sources = (path for pair in subset.pairs for path in (pair.image, pair.mask))
        places = {written[path] for path in sources if path in written}
        masks.setdefault(subset.images.path, set()).update(places)
    if len(masks) == 1 and made == "upright":
        return [str(output / "images"), "--masks", str(output / "masks"), *others]
    if len(masks) == 1:
        masks = {path: set(written.values()) for path in masks}
    if (
        made in ("both", "upright")
        or not masks
        or any(len(places) != 1 for places in masks.values())
    ):
        return []
    folders = [str(place) for places in masks.values() for place in places]
    if made == "alpha":
        return [*dict.fromkeys(folders), "--alpha", *others]
    return [*masks, *(word for each in folders for word in ("--masks", each)), *others]
