"""``maskprep rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from maskprep.rules.base import Rule

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def complete_rules(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer rules' names and codes to the shell."""
    from click.shell_completion import CompletionItem

    from maskprep.rules import all_rules

    return [
        CompletionItem(word, help=rule.meaning.partition("\n")[0])
        for rule in all_rules()
        for word in (rule.name, rule.code)
        if word.lower().startswith(incomplete.lower())
    ]


@click.command()
@click.argument("selectors", metavar="[RULE]...", nargs=-1, shell_complete=complete_rules)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="For the terminal, a page, or programs.",
)
def rules(selectors: tuple[str, ...], form: str) -> None:
    """List what check looks for, or explain a RULE: a code, the beginning of one, or a name.

    \b
    maskprep rules
    maskprep rules detail-lost
    maskprep rules MP3 --format markdown
    """
    from maskprep import rulebook
    from maskprep.choice import matching
    from maskprep.rules import all_rules

    chosen = list(dict.fromkeys(rule for each in selectors for rule in matching(each)))
    wanted = chosen or list(all_rules())
    if form == "json":
        click.echo(rulebook.as_json(wanted), nl=False)
    elif form == "markdown":
        click.echo(rulebook.as_markdown(wanted), nl=False)
    elif chosen:
        _print_wrapped(rulebook.as_text(wanted))
    else:
        _print_list(wanted)


def _print_wrapped(text: str) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False, emoji=False, markup=False)
    for place, line in enumerate(text.splitlines()):
        if not console.is_terminal:
            click.echo(line)
        elif line.startswith("  "):
            label, words = Text(line[:10], style="dim"), Text(line[10:])
            wrapped = words.wrap(console, console.width - 10, overflow="fold")
            for row, part in enumerate(wrapped):
                part.rstrip()
                console.print((label if row == 0 else Text(" " * 10)) + part, soft_wrap=True)
        else:
            style = "bold" if place == 0 else ""
            console.print(Padding(Text(line, style=style), 0), soft_wrap=not line)


def _print_list(wanted: list[Rule]) -> None:
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from maskprep.rulebook import GROUPS, fix_option

    console = Console(highlight=False, emoji=False, markup=False)
    for digit, group in groupby(wanted, key=lambda rule: rule.code[2]):
        if not console.is_terminal:
            for rule in group:
                first = rule.meaning.partition("\n")[0]
                click.echo(f"{rule.code} {rule.severity.value} {rule.name}: {first}")
            continue
        console.print(Text(f"\n{GROUPS[digit]}", style="bold"))
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for width in (5, 7):
            table.add_column(no_wrap=True, width=width)
        table.add_column(overflow="fold")
        for rule in group:
            level = rule.severity.value
            words = Text(rule.name, style="bold").append("  ")
            words.append(rule.meaning.partition("\n")[0].replace("``", ""), style="default")
            if fix_option(rule):
                words.append("  [fix]", style="green")
            table.add_row(rule.code, Text(level, style=_STYLES[level]), words)
        console.print(table)
    if console.is_terminal:
        console.print("\nmaskprep rules NAME explains one; [fix]: check --fix mends it.")
