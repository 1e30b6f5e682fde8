"""From image folders to a configuration that the trainer takes, proven by reading it back."""

from __future__ import annotations

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maskprep.checking.engine import check
from maskprep.checking.verdict import reasons
from maskprep.dataset.discover import Request, discover
from maskprep.dataset.folders import FoundFolder, ImageFolder, find_folders
from maskprep.dataset.outputs import Outputs
from maskprep.errors import MaskprepError
from maskprep.exporting.balance import even_repeats, shares
from maskprep.files import pathname, shell, storage
from maskprep.files.backup import Backup
from maskprep.files.manifest import state_of
from maskprep.files.write import write_whole
from maskprep.model import ModelTraits, Severity, Size
from maskprep.model.report import Finding, Report
from maskprep.running.progress import ProgressBar, no_bar
from maskprep.trainers.base import Trainer, in_role
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key
from maskprep.trainers.roles import ReadsConfigurations, WritesConfigurations

#: What a configuration is called that nobody gave a file.
UNNAMED = "FILE"
_KEPT = "{}: resolution and batch size go into new blocks only, those that are there keep theirs"
#: Files named of each rule that stops the run.
_SHOWN = 3


@dataclass(frozen=True)
class ExportedConfig:
    """A configuration, composed and read back.

    Attributes
    ----------
    path : str or None
        Where it is to be stored; None where nobody says it.
    text : str
        The whole configuration.
    report : Report
        What the trainer would do with it.
    flags : str
        With which the trainer is started.
    remarks : tuple of str
        What people should know of it.
    outputs : Outputs
        Has admitted the file as it stood before anything was read.
    original : bytes or None
        What is in `path` now, where that is updated.
    """

    path: str | None
    text: str
    report: Report
    flags: str
    remarks: tuple[str, ...]
    outputs: Outputs
    original: bytes | None = None

    @property
    def changed(self) -> bool:
        """Whether storing it would change anything."""
        return self.original != self.text.encode("utf-8")

    @property
    def obstacles(self) -> tuple[str, ...]:
        """Why the run would stop: a line a file, with what mends it; empty where it would not."""
        return tuple(obstacles_of(self.report))


def export_config(
    folders: Sequence[ImageFolder],
    trainer: Trainer,
    model: ModelTraits,
    *,
    resolution: Size | None = None,
    batch_size: int | None = None,
    caption_extension: str | None = None,
    repeats: int | None = None,
    balance: bool = False,
    relative: bool = False,
    output: str | None = None,
    update: str | None = None,
    overwrite: bool = False,
    progress_bar: ProgressBar = no_bar,
) -> ExportedConfig:
    """Write a configuration of image folders, and read it back as the trainer would.

    Parameters
    ----------
    folders : sequence of ImageFolder
        What is to be trained, in order.
    trainer : Trainer
        Who is to train.
    model : ModelTraits
        What is to be trained.
    resolution : Size or None
        The training resolution, px; None for the model's.
    batch_size : int or None
        Images a step; None leaves it to the trainer.
    caption_extension : str or None
        Ending of all captions; None: the most usual one of each folder.
    repeats : int or None
        How often an epoch shows each training image; None: as the folders' names say.
    balance : bool
        Choose repeats so that training folders have even shares of the gradient.
    relative : bool
        Spell folders as given, to be found from the folder in which the trainer is started.
    output : str or None
        Where the configuration is to be stored; None: in `update`, if that is given.
    update : str or None
        A configuration to bring the folders into; all else in it stays as it is.
    overwrite : bool
        Whether `output` may be there already.
    progress_bar : callable
        Shows how far reading is.

    Returns
    -------
    ExportedConfig
        Nothing is written yet.

    Raises
    ------
    MaskprepError
        A folder cannot be exported, the configuration to update cannot be read, `output` cannot
        be written, or the trainer would read something else than was meant.
    """
    if repeats is not None and balance:
        raise MaskprepError("repeats and balance exclude each other")
    if not folders:
        raise MaskprepError("there is no image folder to be exported")
    for each in filter(None, (output, update)):
        pathname.refuse_remote(each)
    writer = in_role(trainer, WritesConfigurations)
    path = output or update
    if output is not None and update is not None and folder_key(output) == folder_key(update):
        output = None
    outputs = Outputs(overwrite=overwrite or output is None)
    if output is not None:
        _refuse_target(output, writer)
    if path is not None:
        # What is updated is edited where it lies; what is written anew takes a link's place.
        outputs.admit([Path(path) if output is not None else Path(pathname.realpath(path))])
    original = None if update is None else _original(update, trainer, writer)
    found = find_folders(folders, trainer, model, caption_extension=caption_extension)
    draft = ConfigDraft(
        tuple(_subset(each, repeats, relative) for each in found),
        model,
        resolution or Size(model.resolution, model.resolution),
        batch_size,
        relative,
        like_neighbours=resolution is None,
    )
    workshop = _Workshop(trainer, writer, path or UNNAMED, original, progress_bar)
    if balance:
        _, report = workshop.make(_with_repeats(draft, 1), "weighing masks")
        draft = _balanced(draft, report)
    composed, report = workshop.make(draft, "checking masks")
    if output is not None:
        # The configuration itself is what is to be written.
        outputs.keep_out_of(replace(report.training_set, name=""))
    return ExportedConfig(
        path,
        composed.text,
        report,
        writer.start_flags(path or UNNAMED, report.training_set.masked_loss),
        (
            *(remark for each in found for remark in each.remarks),
            *composed.remarks,
            *(
                _update_remarks(draft, update, trainer.words.repeats, resolution or batch_size)
                if update
                else ()
            ),
            *_unreachable(draft),
            *_remarks(report, path or UNNAMED),
        ),
        outputs,
        original if output is None else None,
    )


def save_config(config: ExportedConfig, *, force: bool = False) -> Path | None:
    """Store a configuration; what it replaces by an update is kept beside it.

    Parameters
    ----------
    config : ExportedConfig
        With a path.
    force : bool
        Store it though the run would stop.

    Returns
    -------
    Path or None
        The folder that `maskprep undo` goes back by; None where nothing was replaced.

    Raises
    ------
    MaskprepError
        The run would stop, the file cannot be written, or somebody has been at it since it was
        read: nothing is written then.
    """
    assert config.path is not None
    if config.report.stops and not force:
        raise MaskprepError(
            f"{config.path}: not written, the run would stop: {'; '.join(config.obstacles)}"
        )
    if not config.changed:
        return None
    with config.outputs.kept_by(Path(config.path)):
        return _saved(config, Path(config.path), config.text.encode("utf-8"))


def _saved(config: ExportedConfig, path: Path, content: bytes) -> Path | None:
    if config.original is None:
        config.outputs.write(path, content)
        return None
    goal = Path(pathname.realpath(str(path)))  # a link is followed, and stays one
    backup = Backup("export-config")
    backup.keep(goal, [], state_of(content))
    try:
        config.outputs.write(goal, content)
    except MaskprepError:
        backup.forget(goal, [])
        raise
    return backup.folders[0]


@dataclass(frozen=True)
class _Workshop:
    """Where drafts become text, and text is read back."""

    trainer: Trainer
    writer: WritesConfigurations
    path: str
    original: bytes | None
    progress_bar: ProgressBar

    def make(self, draft: ConfigDraft, label: str) -> tuple[Composed, Report]:
        if self.original is None:
            composed = self.writer.compose(draft, self.path)
        else:
            composed = self._amended(self.original.decode("utf-8-sig"), draft)
        with tempfile.TemporaryDirectory(prefix="maskprep-") as folder:
            copy = Path(folder, f"copy{self.writer.config_ending}")
            write_whole(copy, _encoded(composed.text, self.path or self.writer.config_ending))
            request = Request(str(copy), self.trainer, draft.model, called=self.path)
            training_set = discover(request)
            if training_set.config is not None and training_set.config.accepted:
                differing = self.writer.differences(
                    draft, training_set.datasets, amended=self.original is not None
                )
                if differing:
                    raise MaskprepError(f"{differing[0]}: the trainer would read it so")
            with self.progress_bar(label, training_set.pair_count) as advance:
                return composed, check(training_set, progress=advance)

    def _amended(self, text: str, draft: ConfigDraft) -> Composed:
        try:
            return self.writer.amend(text, draft, self.path)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # Others wrote it: a value may be of any type where blocks are looked for.
            told = f"holds something of another kind than {self.trainer.name} writes"
            raise MaskprepError(f"{self.path}: {told} ({error}): mend it, or write anew") from error


def _encoded(text: str, path: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        told = "a name in it is no Unicode, which no configuration can hold: rename the folder"
        raise MaskprepError(f"{path}: {told}") from error


def _refuse_target(path: str, writer: WritesConfigurations) -> None:
    ending = writer.config_ending
    if os.path.isdir(path):
        raise MaskprepError(f"{path}: is a folder: name a {ending} file in it")
    if os.path.splitext(path)[1].lower() != ending:
        raise MaskprepError(f"{path}: the trainer knows configurations by {ending}: name it so")


def _original(path: str, trainer: Trainer, writer: WritesConfigurations) -> bytes:
    if os.path.splitext(path)[1].lower() != writer.config_ending:
        raise MaskprepError(
            f"{path}: is no {writer.config_ending} file, and no other can be updated: write a"
            " new one with --output"
        )
    in_role(trainer, ReadsConfigurations).read_config(path, next(iter(trainer.models.values())), {})
    try:
        return storage.read_bytes(path)
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error


def _subset(found: FoundFolder, repeats: int | None, relative: bool) -> SubsetDraft:
    folder = found.folder
    apart = folder.is_regularisation
    return SubsetDraft(
        _spelled(folder.images, relative),
        folder.source,
        None if folder.masks is None else _spelled(folder.masks, relative),
        apart,
        # More repeats of regularisation images would only let fewer of them in.
        found.repeats if repeats is None or apart else repeats,
        found.caption_extension,
    )


def _spelled(path: str, relative: bool) -> str:
    return (path if relative else pathname.absolute(path)).replace(os.sep, "/")


def _with_repeats(draft: ConfigDraft, repeats: int) -> ConfigDraft:
    return replace(
        draft,
        subsets=tuple(
            each if each.is_regularisation else replace(each, repeats=repeats)
            for each in draft.subsets
        ),
    )


def _balanced(draft: ConfigDraft, report: Report) -> ConfigDraft:
    of_folder: defaultdict[str, float] = defaultdict(float)
    for row in report.rows:
        images = report.training_set.datasets[row.dataset].subsets[row.subset].images
        if images is not None:
            of_folder[folder_key(images.path)] += row.share or 0.0
    training = [each for each in draft.subsets if not each.is_regularisation]
    weights = [of_folder[folder_key(each.image_dir)] for each in training]
    for each, weight in zip(training, weights, strict=True):
        if not weight:
            raise MaskprepError(
                f"{each.image_dir}: its masks train nothing, so that no repeats balance it; see"
                " what maskprep check says of it"
            )
    if not training:
        raise MaskprepError("there is no training folder to be balanced")
    chosen = even_repeats(weights)
    told = {
        each: replace(each, repeats=times, share=share)
        for each, times, share in zip(training, chosen, shares(weights, chosen), strict=True)
    }
    return replace(draft, subsets=tuple(told.get(each, each) for each in draft.subsets))


def obstacles_of(report: Report) -> Iterator[str]:
    """Tell why a run would stop: a line a file, with what mends it."""
    told: set[str] = set()
    for rule in dict.fromkeys(stop.rule for stop in report.stops):
        findings = [each for each in report.findings if rule in reasons(each)]
        lines = [_line(each) for each in findings] or [
            f"{stop.path or report.training_set.name}: {stop.headline} [{rule}]"
            for stop in report.stops
            if stop.rule == rule
        ]
        lines = [each for each in lines if each not in told]
        told.update(lines)
        yield from lines[:_SHOWN]
        if len(lines) > _SHOWN:
            yield f"... and {len(lines) - _SHOWN} more [{rule}]"


def _line(finding: Finding) -> str:
    fix = f"; to mend it: {finding.mend}" if finding.mend else ""
    return f"{finding.path}: {finding.message} [{finding.name}]{fix}"


def _update_remarks(draft: ConfigDraft, path: str, repeats: str, settings: object) -> Iterator[str]:
    if settings is not None:
        yield _KEPT.format(path)
    for each in draft.subsets:
        # Comments that stand are people's own: the shares are told here.
        if each.share is not None:
            told = f"{repeats} {each.repeats} gives it {each.share:.1%} of the gradient"
            yield f"{each.image_dir}: {told}"


def _unreachable(draft: ConfigDraft) -> Iterator[str]:
    for each in draft.subsets:
        for path in filter(None, (each.image_dir, each.mask_dir)):
            if pathname.is_remote(path):
                yield f"{path}: the trainer reads local files only: write its folder there instead"


def _remarks(report: Report, path: str) -> Iterator[str]:
    stopping = {stop.rule for stop in report.stops}
    for finding in report.findings:
        if finding.name == "regularisation-unused" and finding.name not in stopping:
            yield _line(finding)
    errors = Counter(
        finding.name
        for finding in report.findings
        if finding.severity is Severity.ERROR and stopping.isdisjoint(reasons(finding))
    )
    if errors:
        named = ", ".join(f"{name} ({count})" for name, count in errors.items())
        command = f"maskprep check {shell.typed([path])}"
        yield f"{path}: the run will train some files wrongly: {named}; see {command}"
