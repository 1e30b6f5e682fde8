"""``maskprep clean``."""

from __future__ import annotations

import click

from maskprep.cli.options import cache_dir_option, cache_folder


@click.command()
@cache_dir_option
def clean(cache_dir: str | None) -> None:
    """Forget what earlier checks have found out; nothing of any data set is touched."""
    from maskprep.checking.ledger import clean
    from maskprep.errors import MaskprepError, printable

    folder = cache_folder(cache_dir)
    try:
        freed = clean(folder)
    except OSError as error:
        raise MaskprepError(f"{folder}: cannot be removed ({error.strerror})") from error
    told = f"{freed / 1e3:,.0f} kB freed" if freed else "nothing is remembered there"
    click.echo(printable(f"{folder}: {told}"))
