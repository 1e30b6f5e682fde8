"""The one door for results: never into a data set, never over what was not seen before."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from maskprep.errors import InterruptedWorkError, MaskprepError
from maskprep.files import pathname
from maskprep.files.lock import sole_writer
from maskprep.files.pathname import is_within
from maskprep.files.write import (
    Standing,
    copy_whole,
    link_or_copy,
    parts_of,
    refuse_kept,
    standing,
    write_whole,
)
from maskprep.model import TrainingSet


class RefusedOutputError(MaskprepError):
    """A result would go into a data set, or over one of its files."""


class Outputs:
    """Files that a command is going to write, and what stood there when it began.

    Parameters
    ----------
    overwrite : bool
        Whether files that are there may be replaced.

    Notes
    -----
    Links are not followed: where one may be replaced it gives way, and what it leads to stays.
    What appears or changes while the command runs is left as it is, and told.
    """

    def __init__(self, *, overwrite: bool = False) -> None:
        self._overwrite = overwrite
        self._seen: dict[Path, Standing | None] = {}
        self._folders: list[Path] = []
        self._streams: set[Path] = set()
        self._written: list[Path] = []

    def admit(
        self,
        paths: Iterable[Path],
        training_set: TrainingSet | None = None,
        within: Path | None = None,
    ) -> None:
        """Let files be written.

        Parameters
        ----------
        paths : iterable of Path
            All of them.
        training_set : TrainingSet or None
            In which they may not lie, see `keep_out_of`; None where it is not known yet.
        within : Path or None
            A folder in which they have to lie, whatever links are in it; None for anywhere.

        Raises
        ------
        MaskprepError
            One is there already and may not be replaced, is no regular file, or lies elsewhere.
        """
        wanted = list(dict.fromkeys(paths))
        for path in wanted:
            refuse_kept(path)
        parents = list(dict.fromkeys(path.parent for path in wanted))
        if training_set is not None:
            _refuse_inside(wanted, [*parents, *map(_led_to, wanted)], training_set, ())
        for each in parents:
            if within is not None and not is_within(each, within):
                raise RefusedOutputError(
                    f"{each}: leads out of {within}: take that link away, or name another folder"
                )
        there = [path for path in wanted if os.path.lexists(path)]
        for path in there:
            if os.path.exists(path) and not os.path.isfile(path):
                raise MaskprepError(f"{path}: is no regular file: name another")
        if there and not self._overwrite:
            more = f" and {len(there) - 1} more files are" if len(there) > 1 else " is"
            raise MaskprepError(f"{there[0]}{more} there already: add --overwrite to replace")
        for path in wanted:
            self._seen[path] = standing(path)

    def admit_named(self, path: Path) -> None:
        """Let a file be written that the user names; a pipe or a device is written to as it is.

        Raises
        ------
        MaskprepError
            It is there already and may not be replaced, or is no file.
        """
        # To Windows nul.json is the device nul, but nobody who types it wants that.
        if _is_stream(path) and not (os.name == "nt" and path.suffix):
            self._streams.add(path)
        else:
            self.admit([path])

    def admit_folder(self, folder: Path) -> None:
        """Let files be written to a folder whose names are not known yet.

        Raises
        ------
        MaskprepError
            It holds something, and nothing may be replaced; or it cannot be listed.
        """
        if os.path.islink(folder) and not os.path.exists(folder):
            raise MaskprepError(f"{folder}: is a link to nothing: name a folder")
        try:
            there = sorted(folder.iterdir()) if os.path.lexists(folder) else []
        except OSError as error:
            raise MaskprepError(f"{folder}: cannot be listed ({error.strerror})") from error
        if there and not self._overwrite:
            raise MaskprepError(f"{folder}: is not empty: name a new folder, or add --overwrite")
        self._folders.append(folder)
        self._seen |= {path: standing(path) for path in there}

    def keep_out_of(self, training_set: TrainingSet, beside: Iterable[str] = ()) -> None:
        """Refuse to write into a data set, or over one of its files.

        Parameters
        ----------
        training_set : TrainingSet
            As discovered.
        beside : iterable of str
            Further files that belong to it: its settings, regions that are expected to train.

        Raises
        ------
        RefusedOutputError
            An admitted file or folder lies in it.
        """
        parents = [each for path in self._seen for each in (path.parent, _led_to(path))]
        _refuse_inside(self._seen, [*parents, *self._folders], training_set, beside)

    def keep_out_of_folders(self, folders: Iterable[Path]) -> None:
        """Refuse to write into folders that are only read.

        Raises
        ------
        RefusedOutputError
            An admitted file or folder lies in one.
        """
        for path in dict.fromkeys([*(each.parent for each in self._seen), *self._folders]):
            for folder in folders:
                if is_within(path, folder):
                    raise RefusedOutputError(
                        f"{path}: lies in {folder}, which is only read; write to another folder"
                    )

    @contextmanager
    def kept_by(self, *places: Path) -> Iterator[None]:
        """Let no other run of maskprep write there, and tell how far this one came.

        Parameters
        ----------
        *places : Path
            Folders or files, as the user named them.

        Raises
        ------
        MaskprepError
            Another run writes there. `InterruptedWorkError` where the user breaks it off.
        """
        try:
            with sole_writer(places):
                yield
        except KeyboardInterrupt:
            count = len(self._written)
            told = "1 file is" if count == 1 else f"{count} files are"
            where = ", ".join(map(str, places))
            raise InterruptedWorkError(
                f"{where}: interrupted; {told} written, each whole"
                if count
                else f"{where}: interrupted; nothing is written"
            ) from None

    def bring(self, path: Path, source: Path, *, copy: bool = False) -> bool:
        """Put a file into an admitted folder as it is, by a hard link where the disk has them.

        Returns
        -------
        bool
            Whether it is a link.

        Raises
        ------
        MaskprepError
            It cannot be written, or something of that name is there.
        """
        assert path.parent in self._folders, "it came through the door"
        is_link = False
        if copy:
            copy_whole(source, path)
        else:
            is_link = link_or_copy(source, path)
        self._written.append(path)
        return is_link

    def write(self, path: Path, content: bytes | Iterable[bytes]) -> None:
        """Write an admitted file, or one in an admitted folder, whole.

        Parameters
        ----------
        path : Path
            Where to.
        content : bytes or iterable of bytes
            All of it, or its parts.

        Raises
        ------
        MaskprepError
            It cannot be written, or somebody has been there in the meantime.
        """
        if path in self._streams:
            try:
                with open(path, "wb") as stream:
                    stream.writelines(parts_of(content))
            except OSError as error:
                raise MaskprepError(f"{path}: cannot be written ({error.strerror})") from error
            return
        assert path in self._seen or path.parent in self._folders, "it came through the door"
        write_whole(path, content, self._seen.get(path))
        self._seen[path] = standing(path)
        self._written.append(path)


def refuse_cache_in(training_set: TrainingSet, folder: Path) -> None:
    """Refuse to remember results in a data set, whose files they would lie among.

    Raises
    ------
    RefusedOutputError
        The folder lies in one of images or masks.
    """
    if any(is_within(folder, each) for each in data_folders(training_set)):
        told = "lies in the data set, where nothing is remembered: name another folder"
        raise RefusedOutputError(f"{folder}: {told}")


def _refuse_inside(
    paths: Iterable[Path],
    parents: Iterable[Path],
    training_set: TrainingSet,
    beside: Iterable[str],
) -> None:
    folders, files = data_folders(training_set), _files(training_set, beside)
    for path in dict.fromkeys(parents):
        if any(is_within(path, each) for each in folders):
            raise RefusedOutputError(f"{path}: lies in the data set; write to another folder")
    for path in paths:
        if os.path.exists(path) and any(os.path.samefile(path, each) for each in files):
            raise RefusedOutputError(f"{path}: is a file of the data set; name another")


def data_folders(training_set: TrainingSet) -> list[Path]:
    """List the folders that hold a training set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.

    Returns
    -------
    list of Path
        Folders on disk of images and masks, absolute, without repeats.
    """
    paths: dict[str, None] = {}
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            folders = (each.path for each in (subset.images, subset.masks) if each is not None)
            files = (
                path for pair in subset.entire.pairs for path in (pair.image, pair.mask) if path
            )
            paths |= dict.fromkeys((*folders, *map(pathname.dirname, files)))
    local = (pathname.local_path(path) for path in paths)
    return list(dict.fromkeys(Path(os.path.abspath(path)) for path in local if path is not None))


def _files(training_set: TrainingSet, beside: Iterable[str]) -> list[Path]:
    """List what belongs to a training set and may lie outside its folders."""
    listed = (subset.metadata for each in training_set.datasets for subset in each.subsets)
    named = (training_set.name, *(path for path in listed if path is not None), *beside)
    local = (pathname.local_path(path) for path in named)
    return [Path(path) for path in local if path is not None and os.path.isfile(path)]


def _led_to(path: Path) -> Path:
    """Name the folder of what a link leads to: nobody means to put results over such a one."""
    return Path(os.path.realpath(path)).parent if os.path.islink(path) else path.parent


def _is_stream(path: Path) -> bool:
    """Tell whether a path is written to, and not replaced: a pipe, a terminal, stdout itself."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    if stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode):
        return True
    return any(os.path.samestat(found, each) for each in _own_streams())


def _own_streams() -> list[os.stat_result]:
    streams = []
    for number in (1, 2):
        try:
            streams.append(os.fstat(number))
        except OSError:  # closed
            continue
    return streams
