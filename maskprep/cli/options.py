"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from maskprep.dataset.discover import Request
    from maskprep.editing.plan import Destination
    from maskprep.model import Environment, ModelTraits
    from maskprep.running.parallel import Executor
    from maskprep.trainers.base import Trainer
    from maskprep.trainers.flags import Flag

Command = Callable[..., Any]
#: Of a count, or of px: more than any trainer could train, and what it multiplies stays a float.
_LARGEST = 2**31 - 1


class Resolution(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A side, or width and height: ``1024``, ``832,1216`` or ``832x1216``."""

    name = "SIDE|W,H"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Turn the text into width and height in px."""
        if isinstance(value, tuple):
            return value
        try:
            sides = [int(side) for side in str(value).lower().replace("x", ",").split(",")]
        except ValueError:
            sides = []
        if len(sides) not in (1, 2) or min(sides) < 1 or max(sides) > _LARGEST:
            self.fail(f"{value[:40]!r} is neither a side nor W,H", param, ctx)
        return sides[0], sides[-1]


class Finite(click.FloatRange):
    """A number in a range; what is no number is in none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Turn the text into a number."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


class LocalPath(click.Path):
    """A file or folder to be written."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a URL."""
        from maskprep.files.pathname import refuse_remote

        refuse_remote(str(value))
        return super().convert(value, param, ctx)


_FROM_ONE = click.IntRange(min=1, max=_LARGEST)


def _complete_trainers(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    from maskprep.trainers import known_trainers

    titles = (
        f"{name}@{version}" for name, kind in known_trainers().items() for version in kind.versions
    )
    return [each for each in (*known_trainers(), *titles) if each.startswith(word)]


def _complete_models(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    from maskprep.trainers import known_trainers

    models = dict.fromkeys(name for kind in known_trainers().values() for name in kind.models)
    return [each for each in models if each.startswith(word)]


class TrainerFlag(click.Option):
    """A flag that a trainer declares."""

    def __init__(self, flag: Flag, owner: str) -> None:
        words: dict[str, Any] = {"help": flag.help, "default": None}
        if flag.kind != "switch":
            words["metavar"] = flag.metavar or "N"
        if flag.kind in _FLAG_TYPES:
            words["type"] = _FLAG_TYPES[flag.kind]
        super().__init__([f"{flag.option}/{flag.off}" if flag.off else flag.option], **words)
        #: The trainer whose flag it is, the first of several.
        self.owner = owner


#: What is typed for a flag, by its kind.
_FLAG_TYPES = {"size": Resolution(), "count": _FROM_ONE, "share": Finite(0, 1)}


class TrainerCommand(click.Command):
    """A command that asks a trainer: its flags are found when the command is, and told last."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Give the command's own parameters, then those of all trainers."""
        *own, last = super().get_params(ctx)  # the last one is --help
        return [*own, *_who_trains(), *(_flags() if _takes_flags(self) else ()), last]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options first, then each trainer's under its name."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                owner = param.owner if isinstance(param, TrainerFlag) else ""
                title = f"Options of {owner}" if owner else "Options"
                sections.setdefault(title, []).append(record)
        for title in sorted(sections, key=lambda title: title != "Options"):
            with formatter.section(title):
                formatter.write_dl(sections[title])


def _who_trains() -> list[click.Option]:
    from maskprep.trainers import DEFAULT, known_trainers

    named = ", ".join(
        name if version == kind.versions[0] else f"{name}@{version}"
        for name, kind in known_trainers().items()
        for version in kind.versions
    )
    default = known_trainers()[DEFAULT]
    models = ", ".join(
        f"{name} (default)" if place == 0 else name for place, name in enumerate(default.models)
    )
    return [
        click.Option(
            ["--trainer"],
            metavar="NAME[@VERSION]",
            shell_complete=_complete_trainers,
            help=f"Who trains: {named}.  [default: whose configuration it is, else {DEFAULT}]",
        ),
        click.Option(
            ["--model"],
            metavar="NAME",
            shell_complete=_complete_models,
            help=f"What is trained, of {DEFAULT}: {models}.",
        ),
    ]


def _flags() -> list[TrainerFlag]:
    from maskprep.trainers import DEFAULT, known_trainers

    found: dict[str, TrainerFlag] = {}
    # A flag that several have is told in the words of whom most people ask.
    for name in sorted(known_trainers(), key=lambda name: name != DEFAULT):
        for flag in known_trainers()[name].flags:
            found.setdefault(flag.name, TrainerFlag(flag, name))
    return list(found.values())


def _takes_flags(command: click.Command) -> bool:
    return getattr(command.callback, "takes_flags", False)


_DATA_OPTIONS = [
    click.argument("targets", metavar="DATASET...", nargs=-1, required=True),
    click.option("--masks", metavar="DIR", help="Mask folder, where DATASET is an image folder."),
    click.option("--alpha", is_flag=True, help="The images' alpha channel is the mask."),
    click.option(
        "--only",
        multiple=True,
        metavar="NAME|PATTERN|LIST",
        help="Only these pairs: a name (cat.png, cat), a pattern ('cat-*'), or a file with one a"
        " line; may be given again.",
    ),
]


def data_options(command: Command) -> Command:
    """Give a `TrainerCommand` the options that say what to look at, as its `requests`."""

    @functools.wraps(command)
    def with_requests(
        targets: tuple[str, ...],
        masks: str | None,
        alpha: bool,
        only: tuple[str, ...],
        **options: Any,
    ) -> Any:
        name, model = options.pop("trainer"), options.pop("model")
        flags = _given(options)
        requests = [
            replace(_requested(each, masks, alpha, name, model, flags), only=only)
            for each in targets
        ]
        return command(requests, **options)

    with_requests.takes_flags = True  # type: ignore[attr-defined]
    return with_options(with_requests, _DATA_OPTIONS)


def trainer_options(command: Command) -> Command:
    """Give a `TrainerCommand` who trains what, as its `trainer` and `model`."""

    @functools.wraps(command)
    def with_trainer(**options: Any) -> Any:
        trainer, model = _asked(options)
        return command(trainer=trainer, model=model, **options)

    return with_trainer


def flag_options(command: Command) -> Command:
    """Give a `TrainerCommand` who trains what, and how, as `trainer`, `model` and `flags`."""

    @functools.wraps(command)
    def with_flags(**options: Any) -> Any:
        trainer, model = _asked(options)
        flags = _own(_given(options), trainer)
        return command(trainer=trainer, model=model, flags=flags, **options)

    with_flags.takes_flags = True  # type: ignore[attr-defined]
    return with_flags


def _asked(options: dict[str, Any]) -> tuple[Trainer, ModelTraits]:
    """Take who trains what out of a command's options."""
    from maskprep.trainers import DEFAULT, find_model, find_trainer

    trainer = find_trainer(options.pop("trainer") or DEFAULT)
    return trainer, find_model(trainer, options.pop("model"))


def _requested(
    target: str,
    masks: str | None,
    alpha: bool,
    name: str | None,
    model: str | None,
    flags: dict[str, Any],
) -> Request:
    """Make the request of one target; nobody is named where its configuration says whose it is."""
    from maskprep.dataset.discover import Request, trainer_of
    from maskprep.trainers import DEFAULT, find_model, find_trainer

    trainer = trainer_of(target) if name is None else find_trainer(name)
    if name is None and trainer.name != DEFAULT:
        _tell(f"{target}: is a configuration of {trainer.name}")
    return Request(target, trainer, find_model(trainer, model), masks, alpha, _own(flags, trainer))


def _given(options: dict[str, Any]) -> dict[str, Any]:
    """Take the flags of all trainers out of a command's options."""
    from maskprep.trainers import known_trainers

    names = {flag.name for kind in known_trainers().values() for flag in kind.flags}
    given = {name: options.pop(name, None) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _own(flags: dict[str, Any], trainer: Trainer) -> dict[str, Any]:
    """Give a trainer its flags; those of others are refused."""
    from maskprep.model import Size

    own = {flag.name: flag for flag in trainer.flags}
    for name in flags:
        if name not in own:
            raise click.UsageError(f"{trainer.name} has no --{name.replace('_', '-')}")
    return {
        name: Size(*value) if own[name].kind == "size" else value for name, value in flags.items()
    }


def _environment_of(
    ctx: click.Context, param: click.Parameter, path: str | None
) -> Environment | None:
    if path is None or ctx.resilient_parsing:
        return None
    from maskprep.dataset.libraries import read_environment

    return read_environment(path)


#: Where the trainer's libraries are, as a command's argument `environment`.
environment_option = click.option(
    "--trainer-env",
    "environment",
    metavar="PATH",
    callback=_environment_of,
    help="The trainer's Python environment, or its executable: tell where the versions of libraries"
    " there make other numbers.  Nothing of it is started.",
)


_WRITING_OPTIONS = [
    click.option(
        "-o",
        "--output",
        type=LocalPath(file_okay=False),
        metavar="DIR",
        help="Write to this folder.",
    ),
    click.option(
        "--in-place",
        is_flag=True,
        help="Replace the originals, which maskprep undo puts back.",
    ),
    click.option("--overwrite", is_flag=True, help="Replace files that are in --output already."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing."),
]


def writing_options(command: Command) -> Command:
    """Give a command the options that say where it writes, as its argument `destination`."""

    @functools.wraps(command)
    def with_destination(*args: Any, **options: Any) -> Any:
        names = ("output", "in_place", "overwrite", "dry_run")
        destination = _destination(**{name: options.pop(name) for name in names})
        return command(*args, destination=destination, **options)

    return with_options(with_destination, _WRITING_OPTIONS)


def _destination(output: str | None, in_place: bool, overwrite: bool, dry_run: bool) -> Destination:
    from pathlib import Path

    from maskprep.editing.plan import Destination
    from maskprep.files.backup import Backup

    if output is not None and in_place:
        raise click.UsageError("--output and --in-place exclude each other")
    if output is None and not in_place and not dry_run:
        raise click.UsageError("say where to write: --output DIR, or --in-place")
    if output is not None:
        return Destination(Path(output), overwrite, dry_run)
    command = click.get_current_context().info_name or ""
    return Destination(None, overwrite, dry_run, backup=Backup(command))


_EXECUTOR_OPTIONS = [
    click.option(
        "--executor",
        "place",
        type=click.Choice(["threads", "processes", "dask"]),
        help="Where the work is done: here, or on a dask cluster that sees the same files."
        "  [default: processes for many masks, threads for a few]",
    ),
    click.option("--workers", type=_FROM_ONE, help="Threads or processes.  [default: one a core]"),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="dask's, as in tcp://host:8786.  [default: DASK_SCHEDULER_ADDRESS]",
    ),
]


def executor_options(command: Command, many: int | None = None) -> Command:
    """Give a command the options that say where its work is done, as its argument `executor`.

    Parameters
    ----------
    command : callable
        Click's, or one to be.
    many : int or None
        Items from which processes are worth their start; None for as many as of a check.
    """

    @functools.wraps(command)
    def with_executor(
        *args: Any, place: str | None, workers: int | None, scheduler: str | None, **options: Any
    ) -> Any:
        return command(*args, executor=_executor(place, workers, scheduler, many), **options)

    return with_options(with_executor, _EXECUTOR_OPTIONS)


def _executor(
    place: str | None, workers: int | None, scheduler: str | None, many: int | None
) -> Executor:
    if place == "dask":
        from maskprep.running.cluster import Dask

        if workers is not None:
            raise click.UsageError("--workers counts what works here: it does not go with dask")
        return Dask(scheduler, tell=_tell)
    from maskprep.running.parallel import MANY, Processes, ThisMachine, Threads

    if scheduler is not None:
        raise click.UsageError("--scheduler goes with --executor dask")
    if place is None:
        return ThisMachine(workers or 0, many or MANY)
    return Threads(workers or 0) if place == "threads" else Processes(workers or 0)


def _tell(line: str) -> None:
    from maskprep.errors import printable

    click.echo(f"maskprep: {printable(line)}", err=True)


#: Where what was found out is kept until the next check.
cache_dir_option = click.option(
    "--cache-dir",
    type=click.Path(file_okay=False),
    envvar="MASKPREP_CACHE_DIR",
    metavar="DIR",
    help="Remember there what was found out.  [env: MASKPREP_CACHE_DIR; default: the user's cache]",
)
_LEDGER_OPTIONS = [
    click.option("--no-cache", is_flag=True, help="Look at every file anew, and remember nothing."),
    cache_dir_option,
]


def cache_folder(given: str | None) -> Path:
    """Tell where results are kept."""
    from pathlib import Path

    from platformdirs import user_cache_dir

    return Path(given or user_cache_dir("maskprep", appauthor=False))


def ledger_options(command: Command) -> Command:
    """Give a command the options that say what is remembered, as its argument `ledger`."""

    @functools.wraps(command)
    def with_ledger(*args: Any, no_cache: bool, cache_dir: str | None, **options: Any) -> Any:
        from maskprep.checking.ledger import Ledger

        ledger = None if no_cache else Ledger(cache_folder(cache_dir))
        return command(*args, ledger=ledger, **options)

    return with_options(with_ledger, _LEDGER_OPTIONS)


def one_request(requests: list[Request]) -> Request:
    """Take the only data set of a command that works on one."""
    if len(requests) > 1:
        raise click.UsageError("this command takes one DATASET")
    return requests[0]


def with_options(command: Command, options: list[Command]) -> Command:
    """Put options on a command, in their order."""
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)
