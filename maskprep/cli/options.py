"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pathlib import Path

    from maskprep.dataset.discover import Request
    from maskprep.editing.plan import Destination
    from maskprep.running.parallel import Executor
    from maskprep.trainers.base import Settings

Command = Callable[..., Any]


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
        if len(sides) not in (1, 2) or min(sides) < 1:
            self.fail(f"{value!r} is neither a side nor W,H", param, ctx)
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


_FROM_ONE = click.IntRange(min=1)
_NAMESAKE = "The trainer's option of that name."


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


_TRAINER_OPTIONS = [
    click.option(
        "--trainer",
        default="sd-scripts",
        show_default=True,
        metavar="NAME[@VERSION]",
        shell_complete=_complete_trainers,
        help="Who trains: sd-scripts, sd-scripts@0.10 or sd-scripts@0.9.",
    ),
    click.option(
        "--model",
        metavar="NAME",
        shell_complete=_complete_models,
        help="Trained as LoRA: sdxl (default), sd15, sd3, flux, lumina, anima, hunyuan-image.",
    ),
]

_SETTING_OPTIONS = [
    click.option(
        "--resolution",
        type=Resolution(),
        help="Where no configuration says it.  [default for folders: the model's]",
    ),
    click.option(
        "--enable-bucket/--no-enable-bucket",
        default=None,
        help="Buckets, where no configuration says it.  [default for folders: on]",
    ),
    click.option(
        "--bucket-no-upscale/--bucket-upscale",
        default=None,
        help="Never enlarge images, where no configuration says it.",
    ),
    click.option("--min-bucket-reso", type=_FROM_ONE, help=_NAMESAKE),
    click.option("--max-bucket-reso", type=_FROM_ONE, help=_NAMESAKE),
    click.option("--bucket-reso-steps", type=_FROM_ONE, help=_NAMESAKE),
    click.option(
        "--resize-interpolation", metavar="NAME", help=_NAMESAKE
    ),
    click.option(
        "--caption-extension", metavar="EXT", help=_NAMESAKE
    ),
]  # fmt: skip

_DATA_OPTIONS = [
    click.argument("targets", metavar="DATASET...", nargs=-1, required=True),
    click.option("--masks", metavar="DIR", help="Mask folder, where DATASET is an image folder."),
    click.option("--alpha", is_flag=True, help="The images' alpha channel is the mask."),
    *_TRAINER_OPTIONS,
    click.option(
        "--masked-loss/--no-masked-loss",
        default=None,
        help="Will the trainer get --masked_loss?  [default: if a subset names mask files]",
    ),
    click.option(
        "--script", metavar="NAME", help="The training script, to know whether it applies masks."
    ),
    *_SETTING_OPTIONS,
]

_DATA_NAMES = ("targets", "masks", "alpha", "trainer", "model", "masked_loss", "script")
_TRAINER_FLAGS = (
    "resolution",
    "enable_bucket",
    "bucket_no_upscale",
    "min_bucket_reso",
    "max_bucket_reso",
    "bucket_reso_steps",
    "resize_interpolation",
    "caption_extension",
)


def data_options(command: Command) -> Command:
    """Give a command the options that say what to look at, as its first argument `requests`."""

    @functools.wraps(command)
    def with_requests(**options: Any) -> Any:
        chosen = {name: options.pop(name) for name in (*_DATA_NAMES, *_TRAINER_FLAGS)}
        return command(_requests(**chosen), **options)

    return with_options(with_requests, _DATA_OPTIONS)


def trainer_options(command: Command) -> Command:
    """Give a command the options that say who trains what, as `trainer` and `model`."""

    @functools.wraps(command)
    def with_trainer(trainer: str, model: str | None, **options: Any) -> Any:
        from maskprep.trainers import find_model, find_trainer

        asked = find_trainer(trainer)
        return command(trainer=asked, model=find_model(asked, model), **options)

    return with_options(with_trainer, _TRAINER_OPTIONS)


def setting_options(command: Command) -> Command:
    """Give a command the options that say how images are brought to buckets, as `settings`."""

    @functools.wraps(command)
    def with_settings(*args: Any, **options: Any) -> Any:
        flags = {name: options.pop(name) for name in _TRAINER_FLAGS}
        return command(*args, settings=_settings(flags, None, None), **options)

    return with_options(with_settings, _SETTING_OPTIONS)


_WRITING_OPTIONS = [
    click.option(
        "--output", type=LocalPath(file_okay=False), metavar="DIR", help="Write to this folder."
    ),
    click.option(
        "--in-place",
        is_flag=True,
        help="Replace the originals, which go to <folder>.maskprep-backup-<time>.",
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

    if output is not None and in_place:
        raise click.UsageError("--output and --in-place exclude each other")
    if output is None and not in_place and not dry_run:
        raise click.UsageError("say where to write: --output DIR, or --in-place")
    return Destination(None if output is None else Path(output), overwrite, dry_run)


_EXECUTOR_OPTIONS = [
    click.option(
        "--executor",
        "place",
        type=click.Choice(["threads", "processes", "dask"]),
        help="Where masks are looked at: here, or on a dask cluster that sees the same files."
        "  [default: processes for many masks, threads for a few]",
    ),
    click.option("--workers", type=_FROM_ONE, help="Threads or processes.  [default: one a core]"),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="dask's, as in tcp://host:8786.  [default: DASK_SCHEDULER_ADDRESS]",
    ),
]


def executor_options(command: Command) -> Command:
    """Give a command the options that say where pairs are judged, as its argument `executor`."""

    @functools.wraps(command)
    def with_executor(
        *args: Any, place: str | None, workers: int | None, scheduler: str | None, **options: Any
    ) -> Any:
        return command(*args, executor=_executor(place, workers, scheduler), **options)

    return with_options(with_executor, _EXECUTOR_OPTIONS)


def _executor(place: str | None, workers: int | None, scheduler: str | None) -> Executor:
    if place == "dask":
        from maskprep.running.cluster import Dask

        if workers is not None:
            raise click.UsageError("--workers counts what works here: it does not go with dask")
        return Dask(scheduler, tell=_tell)
    from maskprep.running.parallel import Processes, ThisMachine, Threads

    if scheduler is not None:
        raise click.UsageError("--scheduler goes with --executor dask")
    if place is None:
        return ThisMachine(workers or 0)
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


def _requests(
    targets: tuple[str, ...],
    masks: str | None,
    alpha: bool,
    trainer: str,
    model: str | None,
    masked_loss: bool | None,
    script: str | None,
    **flags: Any,
) -> list[Request]:
    from maskprep.dataset.discover import Request
    from maskprep.trainers import find_model, find_trainer

    asked = find_trainer(trainer)
    traits = find_model(asked, model)
    settings = _settings(flags, masked_loss, script)
    return [Request(target, asked, traits, masks, alpha, settings) for target in targets]


def _settings(flags: dict[str, Any], masked_loss: bool | None, script: str | None) -> Settings:
    from maskprep.model import Size
    from maskprep.trainers.base import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    if "resolution" in given:
        given["resolution"] = Size(*given["resolution"])
    return Settings(given, masked_loss, script)
