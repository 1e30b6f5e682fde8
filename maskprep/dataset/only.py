"""A part of a training set, chosen by names: of images or of masks, or by patterns."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatch

from maskprep.dataset.misnamed import misnamed, unseen_beside
from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage
from maskprep.model import Pair, Subset, TrainingSet


def keep_only(training_set: TrainingSet, wanted: Sequence[str]) -> TrainingSet:
    """Leave out all pairs but some.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    wanted : sequence of str
        Names of images or masks, with their endings or without, or paths as reports tell them;
        patterns of these (``cat-*``); or text files that hold some, one a line. Empty for all.

    Returns
    -------
    TrainingSet
        With the pairs that any of them means, in the same order; a set without pairs as it is.

    Raises
    ------
    MaskprepError
        One means no pair, or a list cannot be read.
    """
    if not wanted:
        return training_set
    subsets = [subset for dataset in training_set.datasets for subset in dataset.subsets]
    if not any(subset.pairs for subset in subsets):
        return training_set  # a check tells why there are none
    names = {id(pair): _names(pair) for subset in subsets for pair in subset.pairs}
    known = set().union(*names.values()) if names else set()
    chosen: set[str] = set()
    for word, origin in _patterns(wanted, known):
        meant = _meant(word, known)
        if not meant:
            raise MaskprepError(f"{origin}no image or mask is called {word!r}: give names, or 'a*'")
        chosen |= meant
    return choosing(training_set, lambda pair: bool(names[id(pair)] & chosen), wanted)


def choosing(
    training_set: TrainingSet, is_chosen: Callable[[Pair], bool], words: Sequence[str]
) -> TrainingSet:
    """Leave out all pairs but those that a question chooses.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    is_chosen : callable
        Asked of each pair.
    words : sequence of str
        How they were chosen, for people; not empty.

    Returns
    -------
    TrainingSet
        Its subsets know their wholes.
    """
    return replace(
        training_set,
        only=tuple(words),
        datasets=tuple(
            replace(
                dataset,
                subsets=tuple(
                    subset.choosing(tuple(filter(is_chosen, subset.pairs)))
                    for subset in dataset.subsets
                ),
            )
            for dataset in training_set.datasets
        ),
    )


def files_about(subset: Subset) -> frozenset[str]:
    """Tell which files of a subset's folders are about its pairs.

    Parameters
    ----------
    subset : Subset
        Some of whose pairs were chosen.

    Returns
    -------
    frozenset of str
        Paths: images, masks, captions, files of their stems that the trainer does not see, and
        what could be meant for their masks. The folders too: what is wrong with them is wrong for
        every pair.
    """
    masks_of, beside = misnamed(subset).masks_of, unseen_beside(subset)
    about = {folder.path for folder in (subset.images, subset.masks) if folder is not None}
    for pair in subset.pairs:
        about |= {path for path in (pair.image, pair.mask, pair.caption.path) if path is not None}
        about |= {*masks_of.get(pair.image, ()), *subset.shadowed_masks.get(pair.mask or "", ())}
        about |= {beside[pair.image]} if pair.image in beside else set()
    stems = {pathname.stem(pair.image).casefold() for pair in subset.pairs}
    others = (*subset.unseen, *subset.unseen_masks, *subset.extra_masks)
    return frozenset(about.union(p for p in others if pathname.stem(p).casefold() in stems))


def _patterns(wanted: Sequence[str], known: set[str]) -> Iterator[tuple[str, str]]:
    """Give every name or pattern, and the list and line it comes from; empty where it is none."""
    for word in wanted:
        if _meant(word, known) or not os.path.exists(word) or os.path.isdir(word):
            yield word, "--only: "
            continue
        for number, line in enumerate(_lines(word), 1):
            if line.strip():
                yield line.strip(), f"{word}: line {number}: "


def _lines(path: str) -> list[str]:
    try:
        return storage.read_bytes(path).decode("utf-8-sig").splitlines()
    except OSError as error:
        raise MaskprepError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise MaskprepError(f"{path}: is no list of names: it is not UTF-8") from error


def _meant(word: str, known: set[str]) -> set[str]:
    plain = _plain(word)
    if plain in known:  # a name may look like a pattern: "cat [1].png"
        return {plain}
    return {name for name in known if fnmatch(name, plain)}


def _names(pair: Pair) -> set[str]:
    """List all that a pair may be called by."""
    paths = [path for path in (pair.image, pair.mask) if path is not None]
    spelt = (*paths, *map(pathname.basename, paths), *map(pathname.stem, paths))
    return set(map(_plain, spelt))


def _plain(name: str) -> str:
    # macOS keeps names decomposed, and lists are typed.
    return os.path.normcase(unicodedata.normalize("NFC", os.path.normpath(name)))
