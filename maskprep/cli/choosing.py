"""Options that choose, weigh and set rules, and accept findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from maskprep.cli.options import with_options
from maskprep.cli.rules import complete_rules

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from maskprep.checking.choice import Choice, Option
    from maskprep.checking.project import Project

_LEVELS = ("error", "warning", "info")


def _complete_list(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    before, comma, word = incomplete.rpartition(",")
    return [
        CompletionItem(f"{before}{comma}{each.value}", help=each.help)
        for each in complete_rules(ctx, param, word)
    ]


def _complete_severity(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    before, comma, word = incomplete.rpartition(",")
    rule, _, level = word.partition("=")
    return [
        f"{before}{comma}{each.value}={severity}"
        for each in complete_rules(ctx, param, rule)
        for severity in _LEVELS
        if severity.startswith(level)
    ]


def _complete_setting(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from maskprep.rules import all_rules

    settings = (
        f"{word}.{option.name}={option.default}"
        for rule in all_rules()
        for option in rule.options
        for word in (rule.name, rule.code)
    )
    return [each for each in settings if each.startswith(incomplete)]


_CHOICE_OPTIONS = [
    click.option(
        "--select",
        multiple=True,
        metavar="RULE,...",
        shell_complete=_complete_list,
        help="Only these: code, MP3, or name; see maskprep rules.",
    ),
    click.option(
        "--ignore",
        multiple=True,
        metavar="RULE,...",
        shell_complete=_complete_list,
        help="Not these.",
    ),
    click.option(
        "--severity",
        multiple=True,
        metavar="RULE=LEVEL",
        shell_complete=_complete_severity,
        help="Make it error, warning or info.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="RULE.OPTION=VALUE",
        shell_complete=_complete_setting,
        help="Set a rule.",
    ),
    click.option(
        "--config",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Settings.  [default: the nearest maskprep.toml or pyproject.toml]",
    ),
]


def choice_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that choose rules, as its argument `project_of`.

    `project_of` is a callable: from a data set to its settings, with the command line's over them.
    """
    import functools

    @functools.wraps(command)
    def with_project(*args: Any, **options: Any) -> Any:
        names = ("select", "ignore", "severity", "settings", "config")
        chosen = {name: options.pop(name) for name in names}
        return command(*args, project_of=_ProjectOf(**chosen), **options)

    return with_options(with_project, _CHOICE_OPTIONS)


class _ProjectOf:
    """From a data set to its settings; of those from further up it tells."""

    def __init__(
        self,
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        severity: tuple[str, ...],
        settings: tuple[str, ...],
        config: str | None,
    ) -> None:
        from maskprep.checking.choice import Choice

        self._config = config
        self._choice: Choice = Choice(
            _words(select), _words(ignore), _severities(severity), _options(settings)
        )

    def __call__(self, target: str) -> Project:
        from dataclasses import replace

        from maskprep.checking.project import find_project, read_project
        from maskprep.errors import printable

        project = read_project(self._config) if self._config else find_project(target)
        if notice := project.notice:
            told = f"settings of {project.path} count here ({notice})"
            click.echo(printable(f"maskprep: {target}: {told}"), err=True)
        return replace(project, choice=self._choice.over(project.choice))


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for each in given for word in each.split(",") if word.strip())


def _severities(given: tuple[str, ...]) -> dict[str, Any]:
    from maskprep.model import Severity

    found = {}
    for each in _words(given):
        name, _, level = each.partition("=")
        if level not in _LEVELS:
            raise click.UsageError(f"--severity {each}: write RULE=LEVEL, {', '.join(_LEVELS)}")
        found[name] = Severity(level)
    return found


def _options(given: tuple[str, ...]) -> dict[str, dict[str, Option]]:
    found: dict[str, dict[str, Option]] = {}
    for each in given:
        place, equals, value = each.partition("=")
        rule, dot, option = place.partition(".")
        if not equals or not dot:
            raise click.UsageError(f"--set {each}: write RULE.OPTION=VALUE")
        found.setdefault(rule.strip(), {})[option.strip()] = _value(value.strip())
    return found


def _value(text: str) -> Option:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
