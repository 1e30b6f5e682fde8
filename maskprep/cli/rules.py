"""``maskprep rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from maskprep.model.rule import Rule

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
#: Columns from which names and meanings stand side by side.
_WIDE = 100


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
@click.option(
    "--trainer",
    metavar="NAME[@VERSION]",
    help="Tell also what this trainer makes of the defect, where it is another thing.",
)
def rules(selectors: tuple[str, ...], form: str, trainer: str | None) -> None:
    """List what check looks for, or explain a RULE: a code, the beginning of one, or a name.

    \b
    maskprep rules
    maskprep rules detail-lost
    maskprep rules MP102 --trainer onetrainer
    maskprep rules MP3 --format markdown
    """
    from maskprep.checking.choice import matching
    from maskprep.mending import rulebook
    from maskprep.rules import all_rules

    chosen = list(dict.fromkeys(rule for each in selectors for rule in matching(each)))
    wanted = chosen or list(all_rules())
    if form == "json":
        click.echo(rulebook.as_json(wanted), nl=False)
    elif form == "markdown":
        click.echo(rulebook.as_markdown(wanted), nl=False)
    elif chosen:
        _explain(wanted, trainer)
    else:
        _list(wanted)


def _explain(wanted: list[Rule], trainer: str | None) -> None:
    from rich.text import Text

    from maskprep.cli.screen import plain_console, print_row
    from maskprep.mending.rulebook import paragraphs, rows_of
    from maskprep.trainers import find_trainer

    verdicts = {} if trainer is None else find_trainer(trainer).verdicts
    console = plain_console()
    for place, rule in enumerate(wanted):
        if place:
            console.print()
        head = Text().append(f"{rule.code} {rule.name}", style="bold")
        level = rule.severity.value
        print_row(console, head.append(" ").append(f"({level})", style=_STYLES[level]))
        for paragraph in paragraphs(rule).replace("``", "").split("\n\n"):
            console.print()
            print_row(console, paragraph)
        console.print()
        for label, words in rows_of(rule, verdicts.get(rule.code)):
            print_row(console, words, f"  {label}", hanging=12)


def _list(wanted: list[Rule]) -> None:
    from itertools import groupby

    from rich.text import Text

    from maskprep.cli.screen import plain_console, print_row
    from maskprep.mending.rulebook import GROUPS, fix_option, paragraphs

    console = plain_console()
    longest = max(len(rule.name) for rule in wanted)
    for digit, group in groupby(wanted, key=lambda rule: rule.code[2]):
        if console.is_terminal:
            console.print(Text(f"\n{GROUPS[digit]}", style="bold"))
        for rule in group:
            level = rule.severity.value
            defect = paragraphs(rule).partition("\n")[0].replace("``", "")
            if not console.is_terminal:
                print_row(console, f"{rule.code} {level} {rule.name}: {defect}")
                continue
            words = Text(defect)
            if fix_option(rule):
                words.append(" [fix]", style="green")
            head = Text(f"{rule.code}  ").append(level.ljust(9), style=_STYLES[level])
            head.append(rule.name, style="bold")
            if console.width < _WIDE:
                print_row(console, head)
                print_row(console, words, hanging=16)
            else:
                head.append(" " * (longest + 2 - len(rule.name)))
                print_row(console, words, head, hanging=len(head))
    if console.is_terminal:
        console.print()
        print_row(console, "maskprep rules NAME explains one; check --fix mends those with [fix].")
