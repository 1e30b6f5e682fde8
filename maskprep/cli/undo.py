"""``maskprep undo``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from maskprep.editing.plan import Outcome


@click.command()
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing.")
@click.option("--list", "listed", is_flag=True, help="List the backups that lie there.")
def undo(folders: tuple[str, ...], dry_run: bool, listed: bool) -> None:
    """Put back what was replaced, renamed, removed or made in place.

    FOLDER is a backup, <folder>.maskprep-backup-<time>, as it was told; or what backups lie
    beside (masks, images, a configuration): then the last run is taken that left something.

    \b
    maskprep undo masks --dry-run
    maskprep undo masks
    maskprep undo masks.maskprep-backup-20260101-120000

    What was changed since is left alone, and told. An undo has a backup, too, and can be undone.

    Exit code: 0 done, 1 some files were left alone, 2 could not do the job.
    """
    from maskprep.cli.progress import progress_bar
    from maskprep.editing.undo import last_backups
    from maskprep.editing.undo import undo as put_back
    from maskprep.errors import printable
    from maskprep.files.backup import age_of, undo_command

    if listed:
        _list(folders)
        return
    named = {each for folder in folders for each in last_backups(folder)}
    wanted = sorted(named, key=lambda each: (age_of(each), each), reverse=True)
    outcomes: list[Outcome[str]] = []
    own: list[Path] = []
    for backup in wanted:
        carried = put_back(backup, dry_run=dry_run, progress_bar=progress_bar)
        for outcome in carried.outcomes:
            _tell(outcome, "would be " if dry_run else "")
        outcomes += carried.outcomes
        own += carried.backups
        click.echo(printable(_summary(backup, carried.outcomes, dry_run)))
    if own:
        click.echo(printable(f"to go back: {undo_command(own)}"))
    if any(outcome.is_fault for outcome in outcomes):
        raise SystemExit(2)
    raise SystemExit(int(any(outcome.problem for outcome in outcomes)))


def _tell(outcome: Outcome[str], would: str) -> None:
    from maskprep.errors import printable

    if outcome.problem:
        click.echo(printable(f"{outcome.source}: {outcome.problem}"), err=True)
    elif outcome.changed:
        click.echo(printable(f"{outcome.source}: {would}{outcome.row}"))


def _summary(backup: Path, outcomes: Sequence[Outcome[str]], dry_run: bool) -> str:
    from maskprep.editing.undo import PUT_BACK, REMOVED

    would = "would be " if dry_run else ""
    done = [outcome.row for outcome in outcomes if outcome.changed]
    failed = sum(bool(outcome.problem) for outcome in outcomes)
    counts = {
        f"{would}put back": done.count(PUT_BACK),
        f"{would}removed": done.count(REMOVED),
        "as before": len(outcomes) - len(done) - failed,
        "left alone": failed,
    }
    told = ", ".join(f"{count} {words}" for words, count in counts.items() if count)
    return f"{backup}: {told or 'nothing was changed'}"


def _list(places: Iterable[str]) -> None:
    from maskprep.editing.undo import find_backups
    from maskprep.errors import printable

    for place in places:
        for folder, manifest, leads_back in find_backups(place):
            if manifest is None:
                told = "no manifest"
            else:
                count = len(manifest.changes)
                by = f" by maskprep {manifest.command}" if manifest.command else ""
                told = f"{count} {'file' if count == 1 else 'files'}, {manifest.time}{by}"
                told += "" if leads_back else ", nothing left to be undone"
            click.echo(printable(f"{folder}: {told}"))
