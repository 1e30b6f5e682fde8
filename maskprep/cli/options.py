"""Options that several commands share, and what they mean together."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from maskprep.discover import Request

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


_SIDE = click.IntRange(min=1)
_NAMESAKE = "The trainer's option of that name."

_DATA_OPTIONS = [
    click.argument("targets", metavar="DATASET...", nargs=-1, required=True),
    click.option("--masks", metavar="DIR", help="Mask folder, where DATASET is an image folder."),
    click.option("--alpha", is_flag=True, help="The images' alpha channel is the mask."),
    click.option(
        "--trainer",
        default="sd-scripts",
        show_default=True,
        metavar="NAME[@VERSION]",
        help="Who trains: sd-scripts, sd-scripts@0.10 or sd-scripts@0.9.",
    ),
    click.option(
        "--model",
        metavar="NAME",
        help="Trained as LoRA: sdxl (default), sd15, sd3, flux, lumina, anima, hunyuan-image.",
    ),
    click.option(
        "--masked-loss/--no-masked-loss",
        default=None,
        help="Will the trainer get --masked_loss?  [default: if a subset names mask files]",
    ),
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
    click.option("--min-bucket-reso", type=_SIDE, help=_NAMESAKE),
    click.option("--max-bucket-reso", type=_SIDE, help=_NAMESAKE),
    click.option("--bucket-reso-steps", type=_SIDE, help=_NAMESAKE),
    click.option(
        "--resize-interpolation", metavar="NAME", help=_NAMESAKE
    ),
    click.option(
        "--caption-extension", metavar="EXT", help=_NAMESAKE
    ),
]  # fmt: skip

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
        names = ("targets", "masks", "alpha", "trainer", "model", "masked_loss", *_TRAINER_FLAGS)
        chosen = {name: options.pop(name) for name in names}
        return command(_requests(**chosen), **options)

    return functools.reduce(
        lambda wrapped, option: option(wrapped), reversed(_DATA_OPTIONS), with_requests
    )


def _requests(
    targets: tuple[str, ...],
    masks: str | None,
    alpha: bool,
    trainer: str,
    model: str | None,
    masked_loss: bool | None,
    **flags: Any,
) -> list[Request]:
    from maskprep.discover import Request
    from maskprep.model import Size
    from maskprep.trainers import find_model, find_trainer
    from maskprep.trainers.base import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    if "resolution" in given:
        given["resolution"] = Size(*given["resolution"])
    asked = find_trainer(trainer)
    traits = find_model(asked, model)
    settings = Settings(given, masked_loss)
    return [Request(target, asked, traits, masks, alpha, settings) for target in targets]
