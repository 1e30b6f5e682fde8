"""``maskprep export-config``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import LocalPath, Resolution, TrainerCommand, trainer_options

if TYPE_CHECKING:
    from maskprep.dataset.folders import ImageFolder
    from maskprep.exporting.export import ExportedConfig
    from maskprep.model import ModelTraits
    from maskprep.trainers.base import Trainer


@click.command("export-config", cls=TrainerCommand)
@click.argument("folders", metavar="[FOLDER]...", nargs=-1)
@click.option(
    "--masks",
    multiple=True,
    metavar="DIR",
    help="Mask folder: one for all FOLDERs, or one for each in their order.",
)
@click.option("--alpha", is_flag=True, help="All FOLDERs carry their masks in the alpha channel.")
@click.option(
    "--alpha-dir", multiple=True, metavar="DIR", help="A further folder with masks in alpha."
)
@click.option("--plain", multiple=True, metavar="DIR", help="A further folder, trained whole.")
@click.option("--reg", multiple=True, metavar="DIR", help="A folder of regularisation images.")
@trainer_options
@click.option(
    "--resolution", type=Resolution(), help="Training resolution.  [default: the model's]"
)
@click.option("--batch-size", type=click.IntRange(min=1), metavar="N", help="Images per step.")
@click.option(
    "--caption-extension", metavar="EXT", help="Ending of captions.  [default: what is there]"
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    metavar="N",
    help="How often an epoch shows each training image.  [default: as in 10_name, else 1]",
)
@click.option(
    "--balance", is_flag=True, help="Choose repeats that give training folders even shares."
)
@click.option("--relative", is_flag=True, help="Write folders as given, not as absolute paths.")
@click.option(
    "-o", "--output", type=LocalPath(), metavar="FILE", help="Write here.  [default: stdout]"
)
@click.option(
    "--update", type=LocalPath(), metavar="FILE", help="Bring the folders into this TOML."
)
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@click.option("--force", is_flag=True, help="Write it though the run would stop.")
@click.option("--dry-run", is_flag=True, help="Print what would be written, write nothing.")
def export_config(
    folders: tuple[str, ...],
    masks: tuple[str, ...],
    alpha: bool,
    alpha_dir: tuple[str, ...],
    plain: tuple[str, ...],
    reg: tuple[str, ...],
    trainer: Trainer,
    model: ModelTraits,
    resolution: tuple[int, int] | None,
    batch_size: int | None,
    caption_extension: str | None,
    repeats: int | None,
    balance: bool,
    relative: bool,
    output: str | None,
    update: str | None,
    overwrite: bool,
    force: bool,
    dry_run: bool,
) -> None:
    """Write the trainer's configuration of image folders, and prove that it does what is meant.

    FOLDER holds images, or folders named like 10_name, which say their repeats.

    \b
    maskprep export-config images/ --masks masks/ -o dataset.toml
    maskprep export-config images/ --alpha --reg others/ -o dataset.toml
    maskprep export-config more/ --masks more-masks/ --update dataset.toml

    The result is read back as the trainer reads it: where the run would stop, nothing is written.
    --update keeps everything else in FILE, and the old file beside it for maskprep undo.

    Exit code: 0 done, 2 could not do the job.
    """
    chosen = _image_folders(folders, masks, alpha, alpha_dir, plain, reg, trainer.masks_beside)
    if repeats is not None and balance:
        raise click.UsageError("--repeats and --balance exclude each other")
    from maskprep.cli.progress import progress_bar
    from maskprep.dataset.discover import Request
    from maskprep.errors import MaskprepError, printable
    from maskprep.exporting.export import export_config as compose
    from maskprep.exporting.export import save_config
    from maskprep.files.backup import undo_command
    from maskprep.model import Size

    config = compose(
        chosen,
        trainer,
        model,
        resolution=None if resolution is None else Size(*resolution),
        batch_size=batch_size,
        caption_extension=caption_extension,
        repeats=repeats,
        balance=balance,
        relative=relative,
        output=output,
        update=update,
        overwrite=overwrite or dry_run,
        progress_bar=progress_bar,
    )
    for line in (*config.remarks, *config.obstacles):
        click.echo(printable(line), err=True)
    if config.obstacles and not force:
        raise MaskprepError(
            f"{config.path or 'the configuration'}: not written: the run would stop as told above;"
            " --force writes it all the same"
        )
    if config.path is None or dry_run:
        _print(config)
        return
    backup = save_config(config, force=force)
    written = "written" if config.changed else "stays as it is"
    click.echo(printable(f"{config.path}: {written}; start the trainer with: {config.flags}"))
    if backup is not None:
        click.echo(printable(f"to go back: {undo_command([backup])}"))
    request = Request(str(config.path), trainer, model)
    click.echo(printable(f"next: maskprep check {request.arguments}"))


def _print(config: ExportedConfig) -> None:
    from maskprep.errors import printable

    click.echo(config.text.encode("utf-8"), nl=False)  # TOML is UTF-8, whatever the console is
    click.echo(printable(f"Start the trainer with: {config.flags}"), err=True)


def _image_folders(
    folders: tuple[str, ...],
    masks: tuple[str, ...],
    alpha: bool,
    alpha_dir: tuple[str, ...],
    plain: tuple[str, ...],
    reg: tuple[str, ...],
    beside: str,
) -> list[ImageFolder]:
    from maskprep.dataset.folders import ImageFolder
    from maskprep.model import MaskSource

    if masks and alpha:
        raise click.UsageError("--masks and --alpha exclude each other; mix with --alpha-dir DIR")
    if beside and (masks or alpha):
        raise click.UsageError(f"leave out --masks and --alpha: {beside}")
    if folders and not masks and not alpha and not beside:
        raise click.UsageError(
            "say where the masks of FOLDER are: add --masks DIR, or --alpha"
            " (folders without masks: --plain DIR)"
        )
    if not folders and (masks or alpha):
        raise click.UsageError("add a FOLDER: --masks and --alpha say where its masks are")
    if not (folders or alpha_dir or plain or reg):
        raise click.UsageError("add a FOLDER with --masks DIR or --alpha")
    if beside:
        masks = ("",)
    if masks and len(masks) not in (1, len(folders)):
        raise click.UsageError(
            f"{len(folders)} FOLDERs and {len(masks)} --masks: give one --masks for all, or one"
            " for each in their order"
        )
    of_each = masks * len(folders) if len(masks) == 1 else masks
    main = (
        [ImageFolder(folder, MaskSource.ALPHA) for folder in folders]
        if alpha
        else [
            ImageFolder(folder, MaskSource.FILE, mask or None)
            for folder, mask in zip(folders, of_each, strict=True)
        ]
    )
    return [
        *main,
        *(ImageFolder(folder, MaskSource.ALPHA) for folder in alpha_dir),
        *(ImageFolder(folder, MaskSource.NONE) for folder in plain),
        *(ImageFolder(folder, MaskSource.NONE, is_regularisation=True) for folder in reg),
    ]
