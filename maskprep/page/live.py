"""A page that follows a data set while somebody paints: what did not change is not drawn again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from maskprep.dataset.outputs import Outputs
from maskprep.files import storage
from maskprep.files.storage import Signature
from maskprep.model.report import Finding, Report, SampleRow
from maskprep.page.pair import Card
from maskprep.page.report import Draft, Revision, Wanted, lay_out, pages_of

#: Of what a page sees without a network only the width.
_MARK = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="1"/>\n'


class _Drawn(NamedTuple):
    """A card, and all that it was drawn of."""

    row: SampleRow
    findings: tuple[Finding, ...]
    files: tuple[Signature | None, ...]
    whole: bool
    card: Card


class LivePage:
    """Writes a page again and again; an open one sees it, and shows the new one.

    Parameters
    ----------
    output : Path
        The HTML file. Beside it, as long as it is followed, lies ``<stem>.revision.svg``.
    wanted : Wanted
        How it is to be.
    overwrite : bool
        Replace files that are there.
    """

    def __init__(self, output: Path, wanted: Wanted, *, overwrite: bool = False) -> None:
        self._output = output
        self._wanted = wanted
        self._outputs = Outputs(overwrite=overwrite)
        self._admitted: set[Path] = set()
        self._mark = output.with_name(f"{output.stem}.revision.svg")
        self._revision = 0
        self._drawn: dict[tuple[int, int, str], _Drawn] = {}
        self._report: Report | None = None

    def show(self, report: Report) -> None:
        """Write the page of a report.

        Raises
        ------
        MaskprepError
            A file is there already, or cannot be written.
        """
        self._report = report
        self._revision += 1
        self._write(replace(self._wanted, revision=Revision(self._revision, self._mark.name)))
        self._let(self._mark)
        self._outputs.write(self._mark, _MARK.format(self._revision).encode())

    def end(self) -> None:
        """Write it once more, as a page that follows nothing."""
        if self._report is not None:
            self._write(self._wanted)
            with suppress(FileNotFoundError):
                self._mark.unlink()

    def _write(self, wanted: Wanted) -> None:
        assert self._report is not None, "it has been shown"
        pages = pages_of(self._output, self._report.training_set.pair_count)
        self._let(*pages)
        with self._outputs.kept_by(*pages):
            lay_out(self._report, pages, self._outputs, wanted, draw=self._card)

    def _let(self, *paths: Path) -> None:
        """Open the door to files that have not come through it yet."""
        assert self._report is not None, "it has been shown"
        new = [path for path in paths if path not in self._admitted]
        self._outputs.admit(new, self._report.training_set)
        self._admitted.update(new)

    def _card(self, draft: Draft) -> Card:
        row, findings, pair = draft.row, draft.ranked.findings, draft.ranked.sample.pair
        files = tuple(storage.signature(path) for path in (pair.image, pair.mask) if path)
        key = (row.dataset, row.subset, row.image)
        known = self._drawn.get(key)
        if known is None or known[:-1] != (row, findings, files, draft.whole):
            known = _Drawn(row, findings, files, draft.whole, draft.card().settled())
            self._drawn[key] = known
        return replace(known.card, share=draft.share)
