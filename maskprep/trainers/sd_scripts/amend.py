"""Bring folders into a dataset configuration that people wrote, and leave all else as it is.

New lines are put behind a line that stands, as its trail: the comments and blank lines that
follow stay with what they are about.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import tomlkit
from tomlkit.items import AoT, Item, Table

from maskprep.errors import MaskprepError
from maskprep.files import parsed
from maskprep.model import MaskSource
from maskprep.trainers.draft import Composed, ConfigDraft, SubsetDraft, folder_key
from maskprep.trainers.sd_scripts.compose import (
    Line,
    alone_remarks,
    block_lines,
    has_training_images,
    quoted,
    settings_of,
    subset_lines,
)

_MASKS = "conditioning_data_dir"


@dataclass
class _Block:
    """One ``[[datasets]]`` block, and the drafts that go into it."""

    place: int
    table: Any
    subsets: list[Any]
    known: list[tuple[Any, SubsetDraft]] = field(default_factory=list)
    new: list[SubsetDraft] = field(default_factory=list)

    @property
    def trains(self) -> bool:
        """Whether it has others than regularisation images."""
        ours = [id(table) for table, _ in self.known]
        drafts = [*(draft for _, draft in self.known), *self.new]
        theirs = (each for each in self.subsets if id(each) not in ours)
        return has_training_images(drafts) or any(not each.get("is_reg") for each in theirs)

    def takes(self, draft: SubsetDraft) -> bool:
        """Whether the trainer takes such a subset beside those that are here."""
        if not self.subsets or any("metadata_file" in each for each in self.subsets):
            return False
        return self._with_files == {draft.source is MaskSource.FILE}

    @property
    def mixed(self) -> bool:
        """Whether some of its subsets are to have mask files, and some are not."""
        return len(self._with_files) > 1

    @property
    def _with_files(self) -> set[bool]:
        ours = {id(table): draft.source is MaskSource.FILE for table, draft in self.known}
        return {ours.get(id(each), _MASKS in each) for each in self.subsets}


def amend(text: str, draft: ConfigDraft, path: str) -> Composed:
    """Bring a draft's folders into a configuration.

    Parameters
    ----------
    text : str
        TOML that the trainer's parser takes.
    draft : ConfigDraft
        Folders that are there get the keys of their kind and lose those of others; the rest goes
        to a block of its kind, or to a new one, which alone has the draft's settings.
    path : str
        Where the text comes from, for messages.

    Returns
    -------
    Composed
        The same text but for the lines concerned.

    Raises
    ------
    MaskprepError
        The text is laid out otherwise than in ``[[datasets]]`` blocks, or a folder would stand
        beside others of another kind.
    """
    try:
        document = parsed.toml_document(text)
    except ValueError as error:
        raise MaskprepError(f"{path}: {error}") from error
    blocks = list(_blocks(document, path))
    strangers = [each for each in draft.subsets if not _recognise(each, blocks)]
    for block in blocks:
        _refuse_mixture(block, path)
    homeless = [each for each in strangers if not _house(each, blocks)]
    general = document.get("general")
    inherited = general if isinstance(general, Mapping) else {}
    remarks = []
    for block in blocks:
        for table, subset in block.known:
            remarks += _rewrite(table, subset, block, inherited)
        for subset in block.new:
            own = replace(subset, caption_extension=_needed(subset, {}, block.table, inherited))
            _append(block, subset_lines(own, block.trains), path)
        if not block.trains:
            remarks += alone_remarks([subset for _, subset in block.known])
    settings, told = _settings(draft, blocks, inherited, path)
    added = _new_blocks(homeless, settings, inherited)
    if homeless:
        remarks += told
    without_files = [each for each in homeless if each.source is not MaskSource.FILE]
    remarks += alone_remarks(without_files)
    return Composed(_with_blocks(tomlkit.dumps(document), added), tuple(remarks))


def _blocks(document: Any, path: str) -> Iterator[_Block]:
    datasets = document.get("datasets")
    for place, table in enumerate(_tables(datasets, "datasets", path)):
        subsets = _tables(table.get("subsets"), f"datasets[{place}] subsets", path)
        yield _Block(place, table, subsets)


def _tables(found: Any, name: str, path: str) -> list[Any]:
    if found is None:
        return []
    if not isinstance(found, AoT):
        header = "[[datasets.subsets]]" if name.endswith("subsets") else "[[datasets]]"
        raise MaskprepError(f"{path}: {name} is no list of tables: write each as {header}")
    return list(found)


def _recognise(draft: SubsetDraft, blocks: Sequence[_Block]) -> bool:
    found = [
        (block, table)
        for block in blocks
        for table in block.subsets
        if "metadata_file" not in table and _names(table.get("image_dir"), draft.image_dir)
    ]
    for block, table in found:
        block.known.append((table, draft))
    return bool(found)


def _house(draft: SubsetDraft, blocks: Sequence[_Block]) -> bool:
    fitting = next((block for block in blocks if block.takes(draft)), None)
    if fitting is not None:
        fitting.new.append(draft)
    return fitting is not None


def _names(value: Any, folder: str) -> bool:
    return isinstance(value, str) and folder_key(value) == folder_key(folder)


def _rewrite(table: Any, draft: SubsetDraft, block: _Block, inherited: Any) -> list[str]:
    wanted: dict[str, str] = {}
    if draft.mask_dir is not None and not _names(table.get(_MASKS), draft.mask_dir):
        wanted[_MASKS] = quoted(draft.mask_dir)
    if draft.source is MaskSource.ALPHA:
        wanted["alpha_mask"] = "true"
    if draft.is_regularisation and block.trains:
        wanted["is_reg"] = "true"
    if draft.repeats is not None:
        wanted["num_repeats"] = str(draft.repeats)
    extension = _needed(draft, table, block.table, inherited)
    if extension is not None:
        wanted["caption_extension"] = quoted(extension)
    _set(table, wanted)
    remarks = []
    with_files = draft.source is MaskSource.FILE
    for key, belongs in (
        (_MASKS, with_files),
        ("alpha_mask", "alpha_mask" in wanted),
        ("is_reg", "is_reg" in wanted),
        ("class_tokens", not with_files),
    ):
        if key in table and not belongs:
            if key == "class_tokens":
                told = f"class_tokens {table[key]!r} is taken out: not allowed beside mask files"
                remarks.append(f"{draft.image_dir}: {told}")
            table.remove(key)
    return remarks


def _needed(draft: SubsetDraft, table: Any, block: Any, inherited: Any) -> str | None:
    wanted = draft.caption_extension
    if wanted is None:
        return None
    levels = (level.get("caption_extension") for level in (table, block, inherited))
    stands = next((each for each in levels if each is not None), ".caption")
    dotted = stands if str(stands).startswith(".") else f".{stands}"
    return None if dotted == wanted else wanted


def _set(table: Any, wanted: dict[str, str]) -> None:
    fresh = []
    for key, raw in wanted.items():
        value = tomlkit.parse(f"value = {raw}\n")["value"]
        if key not in table:
            fresh.append(f"{key} = {raw}")
        elif table[key] != value:
            table[key] = value
    if fresh:
        folder = table["image_dir"]
        indent = folder.trivia.indent
        _splice(folder, [f"{indent}{line}" for line in fresh])


def _append(block: _Block, lines: list[str], path: str) -> None:
    last = _last_value(block.subsets[-1])
    if last is None:
        raise MaskprepError(
            f"{path}: datasets[{block.place}] has an empty subset: take it out first"
        )
    _splice(last, ["", *lines])


def _last_value(table: Any) -> Item | None:
    found: Item | None = None
    for key, item in table.value.body:
        if key is None:
            continue  # a comment, or blank lines
        inner = item.body[-1] if isinstance(item, AoT) else item
        found = (_last_value(inner) or found) if isinstance(inner, Table) else item
    return found


def _splice(item: Any, lines: Sequence[str]) -> None:
    # A trail is printed as it is; at the end of a file it may be empty.
    newline = "\r\n" if item.trivia.trail.startswith("\r\n") else "\n"
    item.trivia.trail = (item.trivia.trail or newline) + "".join(
        f"{line}{newline}" for line in lines
    )


def _refuse_mixture(block: _Block, path: str) -> None:
    if block.mixed and block.known:
        folder = block.known[0][1].image_dir
        raise MaskprepError(
            f"{path}: {folder} would stand in datasets[{block.place}] beside folders of another"
            " kind: mask files need a block of their own; take the subset out of that block, and"
            " it is put where it fits"
        )


def _settings(
    draft: ConfigDraft, blocks: Sequence[_Block], inherited: Any, path: str
) -> tuple[list[Line], list[str]]:
    """Choose the settings of new blocks: as the others have them, where they say a resolution."""
    own = settings_of(draft)
    said = [inherited, *(block.table for block in blocks)]
    if not draft.like_neighbours or not any("resolution" in level for level in said):
        return own, []
    comments = {line.key: line.comment for line in own}
    neighbour: Any = next((block.table for block in blocks if "resolution" in block.table), {})
    lines = [
        Line(key, tomlkit.item(neighbour[key]).as_string(), comments.get(key, ""))
        for key in (*comments, "bucket_no_upscale", "batch_size")
        if key in neighbour and (key != "batch_size" or draft.batch_size is None)
    ]
    lines += [line for line in own if line.key == "batch_size"]
    values = {str(block.table.get("resolution", inherited.get("resolution"))) for block in blocks}
    remarks = []
    if len(values) > 1:
        remarks.append(
            f"{path}: datasets differ in resolution ({', '.join(sorted(values))}): the new one is"
            " like the first that says one; --resolution says another"
        )
    return lines, remarks


def _new_blocks(
    homeless: Sequence[SubsetDraft], settings: Sequence[Line], inherited: Any
) -> Iterator[list[str]]:
    for with_files in (True, False):
        part = [each for each in homeless if (each.source is MaskSource.FILE) is with_files]
        if part:
            own = [
                replace(each, caption_extension=_needed(each, {}, {}, inherited)) for each in part
            ]
            yield block_lines(own, settings)


def _with_blocks(text: str, blocks: Iterator[list[str]]) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    for lines in blocks:
        if text and not text.endswith("\n"):
            text += newline
        text += newline.join([*([""] if text else []), *lines, ""])
    return text
