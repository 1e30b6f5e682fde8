"""``maskprep extract``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from maskprep.cli.options import Finite, TrainerCommand, data_options, one_request, writing_options

if TYPE_CHECKING:
    from maskprep.dataset.discover import Request
    from maskprep.editing.extract import Channel, Extracted
    from maskprep.editing.outline import Missing, Outlined
    from maskprep.editing.plan import Destination
    from maskprep.model import PaintedOn


#: Images told of many.
_TOLD = 3


class Levels(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """Black and white: ``10,240``."""

    name = "BLACK,WHITE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Turn the text into black and white, 0 to 255."""
        if isinstance(value, tuple):
            return value
        try:
            black, white = (int(end) for end in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is not BLACK,WHITE", param, ctx)
        if not 0 <= black < white <= 255:
            self.fail(f"{value!r}: 0 <= BLACK < WHITE <= 255 is wanted", param, ctx)
        return black, white


class Colour(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A colour as editors write it: ``#c08040``, or ``c08040``."""

    name = "RRGGBB"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int, int]:
        """Turn the text into R, G and B, 0 to 255."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch("#?" + 3 * "([0-9a-fA-F]{2})", str(value))
        if found is None:
            self.fail(f"{value!r} is not RRGGBB", param, ctx)
        red, green, blue = (int(each, 16) for each in found.groups())
        return red, green, blue


@click.command(cls=TrainerCommand)
@data_options
@writing_options
@click.option(
    "--from",
    "channel",
    type=click.Choice(["r", "g", "b", "max", "luminance", "alpha", "auto"]),
    help="Where the shape is; auto finds out.  [default: r of mask files, alpha of alpha sets]",
)
@click.option(
    "--annotations",
    multiple=True,
    metavar="PATH",
    help="Fill the shapes of an annotation tool: a file or a folder of COCO, labelme, YOLO, CVAT,"
    " Datumaro, Label Studio, or of PSD and ORA layers; repeatable.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="N|NAME",
    help="Train where the stored value (or palette number) is N, nothing else; with --annotations"
    " the shapes of this class, or this layer; repeatable.",
)
@click.option(
    "--missing",
    type=click.Choice(["white", "black", "skip"]),
    help="With --annotations, of images without such a shape: train them whole, or not at all, or"
    " make no mask.  [default: tell them]",
)
@click.option(
    "--above", type=float, metavar="N", help="Train where the stored value is above N, only there."
)
@click.option(
    "--colour",
    "colours",
    type=Colour(),
    multiple=True,
    help="Train where the colour is RRGGBB, nothing else; repeatable.",
)
@click.option(
    "--levels",
    type=Levels(),
    help="First: stretch these values to 0 and 255.",
)
@click.option(
    "--threshold",
    type=click.IntRange(0, 255),
    help="Then: values from here on become 255, the others 0.",
)
@click.option("--invert", is_flag=True, help="Then: swap what trains and what is ignored.")
@click.option(
    "--floor",
    type=Finite(0, 1),
    metavar="WEIGHT",
    help="Last: what is ignored trains at this weight, 0 to 1; greys rise in proportion.",
)
@click.option(
    "--resize",
    is_flag=True,
    help="Bring masks of another size to their image's, where the shapes agree.",
)
@click.option(
    "--painted-on",
    type=click.Choice(["auto", "stored", "viewed"]),
    default="auto",
    show_default=True,
    help="Where EXIF turns an image and sizes do not tell: was the mask painted on its stored"
    " pixels (auto too), or on the view?",
)
@click.option(
    "--apply-exif",
    is_flag=True,
    help="Turn images and masks upright: --output gets images/ (captions too) and masks/.",
)
def extract(
    requests: list[Request],
    destination: Destination,
    channel: Channel | None,
    annotations: tuple[str, ...],
    labels: tuple[str, ...],
    missing: Missing | None,
    above: float | None,
    colours: tuple[tuple[int, int, int], ...],
    levels: tuple[int, int] | None,
    threshold: int | None,
    invert: bool,
    floor: float | None,
    resize: bool,
    painted_on: PaintedOn,
    apply_exif: bool,
) -> None:
    """Write masks as the trainer reads them: 8-bit grey PNG, named after their images.

    From any channel, depth, palette or label map, TIFF and GIF included, on the image's stored
    pixels. Masks may have names made of the images' by one change, lie in sub-folders, or beside
    the images (--masks IMAGES). Tones are changed in this order: levels, threshold, invert, floor.

    \b
    maskprep extract dataset.toml --output masks-8bit/
    maskprep extract images/ --masks masks/ --from auto --in-place --dry-run
    maskprep extract images/ --alpha --output masks/
    maskprep extract images/ --annotations instances.json --label person --output masks/

    Exit code: 0 all written, 1 some could not be, 2 could not do the job.
    """
    if (bool(labels), above is not None, bool(colours)).count(True) > 1:
        raise click.UsageError("--label, --above and --colour exclude one another")
    from dataclasses import replace

    from maskprep.cli.outcomes import tell_outcomes
    from maskprep.cli.progress import progress_bar
    from maskprep.cli.steps import Made, next_step
    from maskprep.dataset.discover import discover_tree
    from maskprep.editing.extract import extract as extract_masks
    from maskprep.files.storage import isdir, isfile

    request = one_request(requests)
    tones: dict[str, Any] = {
        "levels": levels,
        "threshold": threshold,
        "invert": invert,
        "floor": floor,
    }
    if annotations:
        for option, given in (
            ("--masks", request.masks is not None),
            ("--alpha", request.alpha),
            ("--from", channel is not None),
            ("--above", above is not None),
            ("--apply-exif", apply_exif),
        ):
            if given:
                raise click.UsageError(f"--annotations and {option} exclude each other")
        shaped = {"labels": labels, "missing": missing, "painted_on": painted_on, "resize": resize}
        raise SystemExit(_outlined(request, annotations, destination, **shaped, **tones))
    if request.masks is not None and isfile(request.masks):
        raise click.UsageError(
            f"--masks {request.masks}: is a file, and no folder of masks; annotations are read by"
            f" --annotations {request.masks}"
        )
    if missing is not None:
        raise click.UsageError("--missing goes with --annotations")
    if channel == "alpha" and request.masks is None and isdir(request.target):
        request = replace(request, alpha=True)
    training_set = discover_tree(request)
    with progress_bar("extracting masks", training_set.pair_count * (1 + apply_exif)) as advance:
        carried = extract_masks(
            training_set,
            destination,
            channel=channel,
            labels=[_number(each) for each in labels],
            above=above,
            colours=colours,
            painted_on=painted_on,
            resize=resize,
            apply_exif=apply_exif,
            progress=advance,
            **tones,
        )
    made: Made = "upright" if apply_exif else "masks"
    step = next_step(request, training_set, carried, destination, made)
    raise SystemExit(tell_outcomes(carried, destination, _words, step))


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        raise click.UsageError(
            f"--label {label}: a mask's labels are numbers; names go with --annotations"
        ) from None


def _outlined(
    request: Request, paths: tuple[str, ...], destination: Destination, **wishes: Any
) -> int:
    from dataclasses import replace

    from maskprep.annotations.reading import read_annotations, shortened
    from maskprep.cli.outcomes import tell_outcomes
    from maskprep.cli.progress import progress_bar
    from maskprep.cli.steps import next_step
    from maskprep.dataset.discover import discover_tree
    from maskprep.editing.outline import outline
    from maskprep.errors import printable
    from maskprep.files.storage import isdir

    if isdir(request.target):
        request = replace(request, alpha=True)  # only what images there are is asked for
    annotations = read_annotations(paths)
    click.echo(printable(annotations.summary), err=True)
    training_set = discover_tree(request)
    with progress_bar("filling shapes", training_set.pair_count) as advance:
        found = outline(training_set, annotations, destination, progress=advance, **wishes)
    step = next_step(request, training_set, found.carried, destination)
    code = tell_outcomes(found.carried, destination, _shapes, step)
    if found.skipped:
        skipped = shortened(found.skipped, _TOLD)
        told = f"no mask for {len(found.skipped)} images without such a shape: {skipped}"
        click.echo(printable(told), err=True)
    if found.without and not request.only:
        told = f"{len(found.without)} annotated images are not there: {shortened(found.without)}"
        click.echo(printable(f"{annotations.name}: {told}"), err=True)
    return code


def _shapes(row: Outlined) -> list[str]:
    counts = ", ".join(f"{label} {count}" for label, count in row.counts.items())
    return [f"{counts or 'no shape'}, coverage {row.coverage:.2%}"]


def _words(row: Extracted) -> list[str]:
    if row.after is None:
        return [row.why or "upright"]
    source = f"from {row.reading}" + (f" ({row.why})" if row.why else "")
    before = "unseen by the trainer" if row.before is None else f"{row.before:.2%}"
    return [f"{source}, coverage {before} -> {row.after:.2%}"]
