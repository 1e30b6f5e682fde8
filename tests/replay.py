"""Replay recordings of a trainer: ``python -m tests.replay TRAINER cases.json weights.npz``.

The recordings lie as in tests/data/trainers/: ``masks/`` beside ``cases.json``. Each case is laid
out on disk as the trainer would find it, and goes through what check goes through: discovery,
placement, weights, factors of the loss. How a case's options become a configuration or flags is
said by the trainer's own adapter, ``tests/trainers/NAME/replay.py``, in one function::

    def lay_out(case, mask, folder) -> Request

with the path of the recorded mask, and an empty folder.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskprep.dataset.discover import Request, discover
from maskprep.dataset.sample import Sample
from maskprep.dataset.samples import samples_of

LayOut = Callable[[dict[str, Any], Path, Path], Request]
Floats = NDArray[np.float32]
#: To which float32 agrees.
EXACT = 1e-5
#: Bits of the fraction of a short dtype, as its name ends.
_FRACTIONS = {"bfloat16": 7, "float16": 10}
#: What JPEGs are held to where another decoder's may differ from Pillow's.
_LOSSY = {"simpletuner": 1e-3, "sd-scripts": 1 / 255}


@dataclass(frozen=True)
class Outcome:
    """How one case was replayed.

    Attributes
    ----------
    name : str
        The case's.
    trouble : str
        In what it differs; empty where it does not.
    difference : float
        The largest of any weight or factor.
    """

    name: str
    trouble: str = ""
    difference: float = 0.0


def adapter(trainer: str) -> LayOut:
    """Find how a trainer's cases are laid out."""
    module = import_module(f"tests.trainers.{trainer.replace('-', '_')}.replay")
    found: LayOut = module.lay_out
    return found


def sample_of(request: Request) -> Sample:
    """Take the one pair that a case is about."""
    (sample,) = samples_of(discover(request))
    return sample


def replay(
    trainer: str, case: dict[str, Any], masks: Path, wanted: dict[str, Floats], lay_out: LayOut
) -> Outcome:
    """Replay one case.

    Parameters
    ----------
    trainer, case
        As recorded.
    masks : Path
        The folder in which the case's file lies.
    wanted : dict of str to ndarray of float32
        Recorded weights, and ``NAME:normalised`` where the trainer divides them.
    lay_out : callable
        The trainer's adapter.

    Returns
    -------
    Outcome
    """
    name = case["name"]
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        sample = sample_of(lay_out(case, masks / case["file"], Path(folder)))
        stops = sample.stops
        if case.get("outcome", "ok") != "ok":
            told = [each.headline for each in stops]
            error = str(case["error"]).partition("\n")[0]
            return Outcome(name, "" if error in told else f"was refused ({error}), not {told}")
        if stops:
            return Outcome(name, f"trained, but {stops[0].headline} was foretold")
        if trouble := _misplaced(sample, case):
            return Outcome(name, trouble)
        weights, factors = sample.weights, sample.loss_factors
    if weights is None or factors is None:
        return Outcome(name, sample.obstacle)
    outcome = _compared(name, weights, wanted[name], _bound(trainer, case))
    if outcome.trouble or f"{name}:normalised" not in wanted:
        return outcome
    recorded = wanted[f"{name}:normalised"]
    divided = _compared(name, factors, recorded, _bound(trainer, case), of="factors")
    return Outcome(name, divided.trouble, max(outcome.difference, divided.difference))


def replay_all(trainer: str, cases: Path, weights: Path) -> Iterator[Outcome]:
    """Replay a file of cases."""
    lay_out = adapter(trainer)
    with np.load(weights) as recorded:
        wanted = {name: recorded[name] for name in recorded.files}
    for case in json.loads(cases.read_text(encoding="utf-8")):
        yield replay(trainer, case, cases.parent, wanted, lay_out)


def _misplaced(sample: Sample, case: dict[str, Any]) -> str:
    placement = sample.placement
    if placement is None:
        return f"has no place: {sample.obstacle}"
    for key, found in (
        ("bucket", placement.bucket),
        ("resized", placement.resized),
        ("crop", placement.crop_xy),
    ):
        wanted = case.get(key)
        if key != "bucket" and isinstance(wanted, list) and "swapped" in case.get("notes", ""):
            wanted = wanted[::-1]  # the mask's own, which lies across its image
        # Words tell of a crop that is no pair of numbers.
        if isinstance(wanted, list) and found is not None and list(found) != wanted:
            return f"{key} is {list(found)}, was {wanted}"
    return ""


def _bound(trainer: str, case: dict[str, Any]) -> tuple[float, int | None]:
    """Give what a case is held to, and the bits of its dtype's fraction, None for float32."""
    dtype = str(case.get("options", {}).get("train_dtype", "float32")).lower().replace("_", "")
    bits = next((_FRACTIONS[each] for each in _FRACTIONS if dtype == each), None)
    is_jpeg = case.get("file_mode") == "JPEG"
    return _LOSSY.get(trainer, EXACT) if is_jpeg else EXACT, bits


def _compared(
    name: str,
    found: Floats,
    wanted: Floats,
    bound: tuple[float, int | None],
    of: str = "weights",
) -> Outcome:
    least, bits = bound
    if found.shape != wanted.shape:
        return Outcome(name, f"{of} are {found.shape}, were {wanted.shape}")
    odd = ~np.isfinite(wanted)
    if bits is None and not np.array_equal(odd, ~np.isfinite(found)):
        return Outcome(name, f"{of} are no numbers elsewhere", np.inf)
    both = ~odd & np.isfinite(found)
    apart = np.abs(found - wanted, where=both, out=np.zeros(found.shape, np.float32))
    allowed = np.full(found.shape, least)
    if bits is not None:
        size = np.abs(np.where(both, wanted, 0))
        allowed = np.maximum(allowed, np.exp2(np.floor(np.log2(np.maximum(size, 1e-6))) - bits))
    worst = float(apart.max(initial=0))
    over = int(np.count_nonzero(apart > allowed * 1.001))
    return Outcome(name, f"{over} {of} differ by up to {worst:.2g}" if over else "", worst)


def main() -> None:
    """Replay what the command line names; exit with 1 if anything differs."""
    if len(sys.argv) != 4:
        sys.exit("python -m tests.replay TRAINER cases.json weights.npz")
    outcomes = list(replay_all(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
    for each in outcomes:
        if each.trouble:
            sys.stdout.write(f"{each.name}: {each.trouble}\n")
    right = sum(not each.trouble for each in outcomes)
    worst = max((each.difference for each in outcomes), default=0.0)
    told = f"{right} of {len(outcomes)} as the trainer, worst difference {worst:.2g}"
    sys.stdout.write(f"{told}\n")
    sys.exit(int(right < len(outcomes)))


if __name__ == "__main__":
    main()
