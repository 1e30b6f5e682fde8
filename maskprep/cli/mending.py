"""Options that mend what a check finds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from maskprep.cli.options import LocalPath, TrainerCommand, with_options

if TYPE_CHECKING:
    from pathlib import Path

    from maskprep.checking.ledger import Ledger
    from maskprep.checking.project import Project
    from maskprep.dataset.discover import Request
    from maskprep.dataset.outputs import Outputs
    from maskprep.mending.mend import MendedFile
    from maskprep.model import TrainingSet
    from maskprep.model.report import Report
    from maskprep.running.parallel import Executor

#: What ``--fix NAME`` may ask for beside the safe fixes.
_ASKED = ("missing=white",)

_MENDING_OPTIONS = [
    click.option(
        "--fix",
        is_flag=True,
        help="Mend what loses nothing; '--fix missing=white' makes missing masks, too.",
    ),
    click.option("--fix-asked", "asked", multiple=True, hidden=True),
    click.option(
        "--unsafe-fixes", is_flag=True, help="Mend the rest as well: resize, swap, grow, remove."
    ),
    click.option("--diff", is_flag=True, help="Say what --fix would change, and change nothing."),
    click.option(
        "--diff-images",
        type=LocalPath(file_okay=False),
        metavar="DIR",
        help="Also draw what would change.",
    ),
]


class FixCommand(TrainerCommand):
    """A command whose ``--fix`` may be followed by what is asked for by name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Tell ``--fix missing=white`` from ``--fix`` before a DATASET."""
        told = []
        for place, word in enumerate(args):
            follows = place > 0 and args[place - 1] == "--fix"
            if follows and word in _ASKED:
                told.append("--fix-asked")
            told.append(word)
        return super().parse_args(ctx, told)


@dataclass(frozen=True)
class Mending:
    """What is to be mended, and how."""

    unsafe: bool
    asked: tuple[str, ...]
    dry_run: bool
    pictures: str | None

    def carry_out(
        self,
        request: Request,
        project: Project,
        outputs: Outputs,
        keep_out: Callable[[TrainingSet], None],
        executor: Executor,
        ledger: Ledger | None,
    ) -> tuple[Report, bool]:
        """Mend a data set and tell what was done.

        Parameters
        ----------
        request : Request
            What to look at.
        project : Project
            Its settings.
        outputs : Outputs
            Has admitted the folder of pictures.
        keep_out : callable
            Refuses outputs that lie in the data set.
        executor : Executor
            Where pairs are judged.
        ledger : Ledger or None
            What is kept of earlier checks.

        Returns
        -------
        Report
            Of the check afterwards.
        bool
            Whether all was mended that was to be.

        Raises
        ------
        MaskprepError
            It could not be ended; what was done by then has been told.
        """
        from pathlib import Path

        from maskprep.checking.choice import Ruleset
        from maskprep.cli.progress import progress_bar
        from maskprep.editing.plan import Destination
        from maskprep.errors import printable
        from maskprep.files.backup import Backup
        from maskprep.mending.changes import Changes
        from maskprep.mending.mend import BrokenOffError, mend

        folder = None if self.pictures is None else Path(self.pictures)
        changes = Changes(folder, outputs)
        try:
            mended = mend(
                request,
                Destination(None, False, self.dry_run, changes, Backup("check --fix")),
                ruleset=Ruleset(project.choice),
                expectations=project.expectations,
                unsafe=self.unsafe,
                asked=self.asked,
                found_out=keep_out,
                progress_bar=progress_bar,
                executor=executor,
                ledger=ledger,
            )
        except BrokenOffError as error:
            self._tell(error.files, error.backups)
            raise
        self._tell(mended.files, mended.backups)
        if self.dry_run:
            for line in "\n".join(changes.texts).splitlines():
                click.echo(printable(line), err=True)
        return mended.report, not any(each.problem for each in mended.files)

    def _tell(self, files: Sequence[MendedFile], backups: Sequence[Path]) -> None:
        from maskprep.errors import printable
        from maskprep.files.backup import undo_command
        from maskprep.mending.mend import count_files

        for each in files:
            if each.problem:
                line = f"{each.source}: not mended [{each.rule}]: {each.problem}"
            else:
                goal = f" -> {each.target}" if str(each.target) != each.source else ""
                would = "would be " if self.dry_run else ""
                line = f"{each.source}{goal}: {would}{each.words} [{each.rule}]"
            click.echo(printable(line), err=True)
        done, failed = count_files(files)
        would = "would be mended" if self.dry_run else "mended"
        told = f", {failed} not" if failed else ""
        told += f"; to go back: {undo_command(backups)}" if backups else ""
        count = "1 file" if done == 1 else f"{done} files"
        click.echo(printable(f"{count} {would}{told}"), err=True)


def mending_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that mend, as its argument `mending`: None where not asked."""

    @functools.wraps(command)
    def with_mending(*args: Any, **options: Any) -> Any:
        fix, asked, unsafe, diff, pictures = (
            options.pop(name) for name in ("fix", "asked", "unsafe_fixes", "diff", "diff_images")
        )
        if not fix and (unsafe or pictures is not None) and not diff:
            raise click.UsageError("--unsafe-fixes and --diff-images go with --fix or --diff")
        wanted = fix or diff
        mending = Mending(unsafe, asked, diff, pictures) if wanted else None
        return command(*args, mending=mending, **options)

    return with_options(with_mending, _MENDING_OPTIONS)
