"""``maskprep preview``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from maskprep.cli.options import data_options

if TYPE_CHECKING:
    from maskprep.discover import Request


@click.command()
@data_options
def preview(requests: list[Request]) -> None:
    """Draw what the trainer will see of every mask."""
