"""A data set to come, file by file, and its configuration: planned, told, then written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from maskprep.checking.engine import check
from maskprep.dataset.discover import Request, discover
from maskprep.dataset.folders import ImageFolder
from maskprep.dataset.outputs import Outputs
from maskprep.dataset.sorting import counted
from maskprep.errors import InterruptedWorkError, MaskprepError
from maskprep.exporting.export import export_config, obstacles_of, save_config
from maskprep.files.lock import sole_writer
from maskprep.files.write import dated_like
from maskprep.model import MaskSource, ModelTraits, Size
from maskprep.model.report import Finding, Report
from maskprep.running.parallel import Threads
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers.base import Trainer
from maskprep.trainers.roles import WritesConfigurations

CAPTION_ENDING = ".txt"


@dataclass(frozen=True)
class Move:
    """One file of the layout to come.

    Attributes
    ----------
    source : str
        What it is made of.
    target : Path
        Where it goes.
    make : callable or None
        Its content; None where it is the source as it is.
    how : str
        In which way it is changed; empty where it is not.
    is_caption, is_mask : bool
        Whether it is text, or a mask; else it is an image.
    """

    source: str
    target: Path
    make: Callable[[], bytes] | None = None
    how: str = ""
    is_caption: bool = False
    is_mask: bool = False


@dataclass(frozen=True)
class NewSet:
    """A data set to come.

    Attributes
    ----------
    roots : tuple of str
        The folders that it is made of, which stay as they are.
    output : Path
        The folder to be made.
    moves : tuple of Move
        Every file to be written, but the configuration.
    folders : tuple of ImageFolder
        What the configuration will name.
    told : tuple of str
        What was taken for what, and why; a line each.
    left : mapping of str to tuple of str
        Paths that are left out, by why.
    lost : tuple of str
        What the trainer cannot be told, or does otherwise; a line each.
    resolution : Size or None
        At which it is to train; None for the model's own.
    """

    roots: tuple[str, ...]
    output: Path
    moves: tuple[Move, ...]
    folders: tuple[ImageFolder, ...]
    told: tuple[str, ...]
    left: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    resolution: Size | None = None


@dataclass(frozen=True)
class Written:
    """A data set that has been written, and what the trainer would do with it.

    Attributes
    ----------
    path : str
        Its configuration, or its folder for a trainer that has none.
    reports : tuple of Report
        One, or one a folder.
    flags : str
        With which the trainer is started; empty where nothing is known of that.
    remarks : tuple of str
        What people should know of it.
    """

    path: str
    reports: tuple[Report, ...]
    flags: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Why the run would stop: a line a file; empty where it would not."""
        return tuple(line for report in self.reports for line in obstacles_of(report))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the rules say of it."""
        return tuple(finding for report in self.reports for finding in report.findings)


def carry_out(
    plan: NewSet,
    trainer: Trainer,
    model: ModelTraits,
    *,
    copy: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> Written:
    """Write a data set and its configuration, read back and checked.

    Parameters
    ----------
    plan : NewSet
        As planned.
    trainer, model
        Who is to train what.
    copy : bool
        Whether files that stay as they are become copies, and not hard links.
    progress_bar : callable
        Shows how far writing, then checking is.

    Returns
    -------
    Written
        Also where the run would stop still: its `obstacles` say why.

    Raises
    ------
    MaskprepError
        A file cannot be written, or the user breaks it off; what has been written stays.
    """
    try:
        with sole_writer([plan.output]):
            return _carried_out(plan, trainer, model, copy, progress_bar)
    except KeyboardInterrupt:
        raise InterruptedWorkError(
            f"{plan.output}: interrupted: remove it, and run it again"
        ) from None


def _carried_out(
    plan: NewSet, trainer: Trainer, model: ModelTraits, copy: bool, progress_bar: ProgressBar
) -> Written:
    outputs = new_door(plan.output, plan.roots)
    for folder in sorted({move.target.parent for move in plan.moves}):
        outputs.admit_folder(folder)
    write = partial(_write, outputs, copy)
    copies = 0
    with progress_bar("writing files", len(plan.moves)) as advance:
        for is_copy in Threads().in_order(plan.moves, write):
            copies += is_copy
            advance()
    told = _copies_told(plan.output, copies)
    if not isinstance(trainer, WritesConfigurations):
        return _checked(plan, trainer, model, told, progress_bar)
    config = export_config(
        plan.folders,
        trainer,
        model,
        resolution=plan.resolution,
        output=str(plan.output / f"dataset{trainer.config_ending}"),
        progress_bar=progress_bar,
    )
    save_config(config, force=True)
    assert config.path is not None, "it was given"
    return Written(config.path, (config.report,), config.flags, (*told, *config.remarks))


def new_door(output: Path, roots: Sequence[str]) -> Outputs:
    """Open the door to a new folder, in none of those that are only read.

    Raises
    ------
    MaskprepError
        It holds something, or lies in one of them.
    """
    outputs = Outputs()
    try:
        outputs.admit_folder(output)
    except MaskprepError as error:
        raise MaskprepError(str(error).replace(", or add --overwrite", "")) from None
    outputs.keep_out_of_folders([Path(root) for root in roots])
    return outputs


def _write(outputs: Outputs, copy: bool, move: Move) -> bool:
    """Write a file, and tell whether it is a copy where a link was wanted."""
    if move.make is None:
        return not outputs.bring(move.target, Path(move.source), copy=copy) and not copy
    outputs.write(move.target, move.make())
    dated_like(Path(move.source), move.target)
    return False


def _copies_told(output: Path, count: int) -> tuple[str, ...]:
    if not count:
        return ()
    why = "they are read-only, lie on another disk, or the disk has no hard links"
    return (f"{output}: {counted(count, 'file')} copied, not linked: {why}",)


def _checked(
    plan: NewSet,
    trainer: Trainer,
    model: ModelTraits,
    remarks: tuple[str, ...],
    progress_bar: ProgressBar,
) -> Written:
    reports = []
    for folder in plan.folders:
        in_alpha = folder.source is MaskSource.ALPHA
        found = discover(Request(folder.images, trainer, model, folder.masks, in_alpha))
        with progress_bar("checking masks", found.pair_count) as advance:
            reports.append(check(found, progress=advance))
    return Written(str(plan.output), tuple(reports), remarks=remarks)
