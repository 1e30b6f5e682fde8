"""What to do about a report: a command for each finding, the worst first, and what fixes mend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from maskprep.checking.verdict import Harm, harm_of_stop, harms_of, reasons, trains_whole
from maskprep.files import pathname
from maskprep.files.shell import typed
from maskprep.mending.fixes import FIXES
from maskprep.mending.rulebook import fix_option, paragraphs
from maskprep.model.report import Finding, Report
from maskprep.model.rule import Rule
from maskprep.rules import all_rules, by_code

#: Extractions that go together: as stored, and from where the shape is found.
_PLAIN, _FOUND, _TURNS = "", "--from auto ", "--apply-exif "
_UNSAFE = " --unsafe-fixes "
_LAST = "when the others are done"
_LATER = "when the others are done, and checked again"
_FIXES = {each.rule: each for each in FIXES}


@dataclass(frozen=True)
class Todo:
    """One thing to do.

    Attributes
    ----------
    code, name : str
        The rule's.
    harm : Harm
        What becomes of the run if it is not done.
    count : int
        How many findings there are.
    path : str
        What the first is about.
    text : str
        What is wrong, in a few words.
    fix : str
        What to do, in words; empty where the command says it all.
    command : str
        What does it, whole; empty where no command does.
    """

    code: str
    name: str
    harm: Harm
    count: int
    path: str
    text: str
    fix: str
    command: str


def todo_of(report: Report) -> tuple[Todo, ...]:
    """List what to do, in order of harm.

    Parameters
    ----------
    report : Report
        With commands, as `with_commands` gives them.

    Returns
    -------
    tuple of Todo
        One a rule: what stops the run, what trains wrongly, what is doubtful; of equal harm first
        what was found most often. Stops whose rules were not chosen are among them.
    """
    groups: dict[tuple[Harm, str], list[Finding]] = {}
    for finding, harm in harms_of(report):
        if harm is not Harm.NONE:
            groups.setdefault((harm, finding.code), []).append(finding)
    listed = [_of_group(harm, by_code()[code], group) for (harm, code), group in groups.items()]
    listed += _untold(report)
    if trains_whole(report) and not any(each.harm is Harm.WRONG for each in listed):
        listed.append(_of_no_masks(report))
    return tuple(sorted(listed, key=lambda each: (each.harm.rank, -each.count, each.code)))


def _of_group(harm: Harm, rule: Rule, findings: Sequence[Finding]) -> Todo:
    command = next((each.command for each in findings if each.command), "")
    fixes = {each.fix for each in findings}
    fix = fixes.pop() if len(fixes) == 1 else ""
    if not fix and not command:
        fix = "see below" if "maskprep" in rule.mend else rule.mend
    count, path = len(findings), findings[0].path
    return Todo(rule.code, rule.name, harm, count, path, _headline(rule), fix, command)


def _headline(rule: Rule) -> str:
    first = paragraphs(rule).replace("``", "").partition("\n")[0]
    return first.partition(". ")[0].rstrip(".").replace("…", "...")


def _untold(report: Report) -> list[Todo]:
    """List stops that no finding tells: their rules were not chosen, or are ignored."""
    rules = {rule.name: rule for rule in all_rules()}
    told = {name for each in report.findings for name in reasons(each)}
    untold = [stop for stop in report.stops if stop.rule not in told]
    listed = []
    for name in dict.fromkeys(stop.rule for stop in untold):
        stops = [stop for stop in untold if stop.rule == name]
        code = rules[name].code if name in rules else ""
        harm = min(map(harm_of_stop, stops), key=lambda each: each.rank)
        first = stops[0]
        path = first.path or report.training_set.name
        listed.append(Todo(code, name, harm, len(stops), path, first.headline, first.hint, ""))
    return listed


def _of_no_masks(report: Report) -> Todo:
    rule = next(each for each in all_rules() if each.name == "trained-whole")
    count = sum(row.trains is not None for row in report.rows)
    fix = report.training_set.trainer.words.give_masks
    told = "No mask is in use: every image trains whole"
    path = report.training_set.name
    return Todo(rule.code, rule.name, Harm.WRONG, count, path, told, fix, "")


def with_commands(report: Report) -> Report:
    """Give each finding the command that mends it, so that they go together.

    Parameters
    ----------
    report : Report
        Of a check.

    Returns
    -------
    Report
        Copies of the masks made by one command lack what another would mend: extractions are
        joined to one; where that is not enough, or something else is mended in place, fixes
        work in place, which keep originals.
    """
    by_fix = not _is_only_read(report)
    own = {
        each: replace(each, command=each.command or (_by_fix(each, report) if by_fix else ""))
        for each in report.findings
    }
    copying = [each for each in own.values() if _is_copying(each.command, report)]
    in_place = any(_UNSAFE in each.command for each in own.values())
    if len({each.command for each in copying}) + in_place > 1:
        changed = _together(copying, report, in_place=in_place)
        together = dict(zip(copying, changed, strict=True))
        own = {each: together.get(told, told) for each, told in own.items()}
    return replace(report, findings=tuple(own.values()))


def _together(copying: Sequence[Finding], report: Report, *, in_place: bool) -> list[Finding]:
    """Change commands that each write copies of the same masks, so that all of it gets done."""
    joined = _joined((each.command for each in copying), report)
    if joined and not in_place:
        return [replace(each, command=joined) for each in copying]
    by_fix = not _is_only_read(report)
    fixes = [_by_fix(each, report) if by_fix else "" for each in copying]
    by_hand = (each.command for each, fix in zip(copying, fixes, strict=True) if not fix)
    last = _joined(by_hand, report)
    when = _LAST if last else _LATER
    return [
        replace(each, command=fix)
        if fix
        else replace(each, command=last, fix=": ".join(filter(None, (when, each.fix))))
        for each, fix in zip(copying, fixes, strict=True)
    ]


def mendable(report: Report) -> tuple[int, int]:
    """Count what fixes mend.

    Parameters
    ----------
    report : Report
        Of a check.

    Returns
    -------
    tuple of (int, int)
        Findings that ``--fix`` mends, and those that ``--unsafe-fixes`` mends beside them;
        neither what people must choose nor what was just tried in vain.
    """
    if _is_only_read(report):
        return 0, 0
    fixes = [_FIXES[each.name] for each in report.findings if _is_mendable(each, report)]
    safe = sum(each.safe for each in fixes if not each.asked)
    return safe, sum(not each.safe for each in fixes)


def next_step(report: Report) -> str:
    """Say how many findings fixes mend, and by which command.

    Parameters
    ----------
    report : Report
        Of a check.

    Returns
    -------
    str
        One line; empty where nothing can be mended.
    """
    safe, unsafe = mendable(report)
    command = f"{_check(report)} --fix"
    if not safe and not unsafe:
        return ""
    if not safe:
        return f"--fix --unsafe-fixes mends {_findings(unsafe)}: {command} --unsafe-fixes"
    more = f", and {unsafe} more with --unsafe-fixes" if unsafe else ""
    return f"--fix mends {_findings(safe)}{more}: {command}"


def _check(report: Report) -> str:
    """Say the check again, of the same pairs: what mends in place is to leave others alone."""
    only = [word for each in report.training_set.only for word in ("--only", each)]
    return " ".join(filter(None, ("maskprep check", report.training_set.arguments, typed(only))))


def _findings(count: int) -> str:
    return "1 finding" if count == 1 else f"{count} findings"


def _is_mendable(finding: Finding, report: Report) -> bool:
    tried = (finding.name, finding.path) in report.left
    return finding.name in _FIXES and not (finding.choice or tried)


def _is_only_read(report: Report) -> bool:
    return any(map(pathname.is_remote, report.training_set.places))


def _by_fix(finding: Finding, report: Report) -> str:
    """Give the command whose fix mends a finding: what loses something mends this rule's alone."""
    if not _is_mendable(finding, report):
        return ""
    option = fix_option(by_code()[finding.code])
    command = f"{_check(report)} {option}"
    safe = _FIXES[finding.name].safe
    return command if safe else f"{command} --select {finding.code}"


def _is_copying(command: str, report: Report) -> bool:
    arguments = report.training_set.arguments
    return command.startswith((f"maskprep extract {arguments} ", f"maskprep dilate {arguments} "))


def _joined(commands: Iterable[str], report: Report) -> str:
    """Join extractions of one data set to one; empty where they do not go together."""
    start = f"maskprep extract {report.training_set.arguments} "
    ways, folders, turns = set(), set(), ""
    for command in dict.fromkeys(commands):
        if not command.startswith(start):
            return ""
        way, _, folder = command.removeprefix(start).rpartition("--output ")
        turns = _TURNS if _TURNS in way else turns
        ways.add(way.replace(_TURNS, ""))
        folders.add(folder)
    if not folders or (len(ways) > 1 and not ways <= {_PLAIN, _FOUND}):
        return ""
    folder = folders.pop() if len(folders) == 1 else "upright" if turns else "masks-mended"
    return f"{start}{max(ways)}{turns}--output {folder}"
