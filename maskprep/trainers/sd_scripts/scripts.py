"""Which training scripts of sd-scripts apply masks.

*Source*: kohya-ss/sd-scripts v0.10.1, calls of apply_masked_loss (library/
custom_train_functions.py) in the training scripts; fine_tune.py has none.
"""

from __future__ import annotations

import ntpath
import os
from collections.abc import Iterator, Sequence

from maskprep.model import Dataset, MaskSource, Oddity, Severity

_APPLYING = frozenset(
    {"train_network", "train_db", "train_textual_inversion"}
    | {"sdxl_train", "sdxl_train_network", "sdxl_train_textual_inversion"}
    | {"sd3_train", "sd3_train_network", "flux_train", "flux_train_network"}
    | {"lumina_train", "lumina_train_network", "anima_train", "anima_train_network"}
    | {"hunyuan_image_train_network"}
)
_IGNORING = frozenset({"fine_tune"})


def foresee_script(script: str | None, datasets: Sequence[Dataset]) -> Iterator[Oddity]:
    """Tell whether a training script leaves masks out.

    Parameters
    ----------
    script : str or None
        Its name or path; None where nobody says it.
    datasets : sequence of Dataset
        As assembled.

    Yields
    ------
    Oddity
        At most one; none where no mask is in use.
    """
    sources = {subset.source for dataset in datasets for subset in dataset.subsets}
    if script is None or sources <= {MaskSource.NONE}:
        return
    file = ntpath.basename(script)
    name, ending = os.path.splitext(file)
    name = name if ending == ".py" else file
    if name in _IGNORING:
        told = f"{name}.py never applies masks: every image trains whole"
        hint = "train with train_network.py, or with another script that applies masks"
        yield Oddity("script-ignores-masks", told, hint)
    elif name not in _APPLYING:
        told = f"{file} is not known: whether it applies masks cannot be told"
        known = " ".join(sorted(_APPLYING))
        yield Oddity("script-ignores-masks", told, f"known to apply them: {known}", Severity.INFO)
