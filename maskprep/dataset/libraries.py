"""Where the libraries here and at the trainer make other numbers of a data set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import cv2
import PIL

from maskprep.errors import MaskprepError
from maskprep.files.environment import versions_in
from maskprep.masks.versions import (
    COMPARED,
    KNOWN,
    LIBRARIES,
    Difference,
    Use,
    differences_at,
    is_compared,
)
from maskprep.model import Environment, TrainingSet

#: Files that a line names before it counts.
_NAMED = 2
#: What says where the trainer's libraries are.
_OPTION = "--trainer-env PATH"


@dataclass(frozen=True)
class Divergence:
    """A known difference that concerns images of a data set.

    Attributes
    ----------
    difference : Difference
        Which.
    here : str or None
        The version whose numbers maskprep gives; None where it is not installed.
    there : str or None
        The trainer's; None where it is not installed, or not known.
    images : tuple of str
        Those that it concerns.
    """

    difference: Difference
    here: str | None
    there: str | None
    images: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is done otherwise, and how far numbers are apart."""
        return f"{self.difference.library} {self.difference.what}: {self.difference.size}"


class Concerned(Protocol):
    """An image, and the known differences that concern it."""

    @property
    def image(self) -> str:
        """Its path."""

    @property
    def library_differences(self) -> tuple[str, ...]:
        """Names in `maskprep.masks.versions.KNOWN`."""


def read_environment(path: str) -> Environment:
    """Read which versions a trainer's environment has; nothing of it is imported or started.

    Parameters
    ----------
    path : str
        Its folder, its Python executable, or the folder of its packages.

    Returns
    -------
    Environment

    Raises
    ------
    MaskprepError
        There is no environment there, or none with libraries that a trainer decodes by.
    """
    versions = versions_in(path, LIBRARIES)
    if not versions.keys() & {"Pillow", "OpenCV"}:
        told = "has neither Pillow nor OpenCV: name the environment in which the trainer runs"
        raise MaskprepError(f"{path}: {told}")
    return Environment(path, versions)


@cache
def versions_here() -> dict[str, str]:
    """Tell the versions that maskprep works with, by `maskprep.masks.versions.LIBRARIES`."""
    from importlib.metadata import PackageNotFoundError, version  # as slow to import as OpenCV

    found = {"Pillow": PIL.__version__, "OpenCV": cv2.__version__}
    for library, names in LIBRARIES.items():
        for name in names if library not in found else ():
            try:
                found.setdefault(library, version(name))
            except PackageNotFoundError:
                continue
    return found


def divergences(training_set: TrainingSet, rows: Iterable[Concerned]) -> tuple[Divergence, ...]:
    """Tell where a trainer's versions make other numbers of a data set.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    rows : iterable of Concerned
        One an image.

    Returns
    -------
    tuple of Divergence
        Where the trainer's environment is known, those of which it has another version; else
        all that any version would make otherwise. In the order of the list.
    """
    environment = training_set.environment
    images: dict[str, dict[str, None]] = {}
    for row in rows:
        for name in row.library_differences:
            images.setdefault(name, {})[row.image] = None
    for path, name in _seen_there(training_set):
        images.setdefault(name, {})[path] = None
    found = []
    for name, difference in KNOWN.items():
        if name not in images:
            continue
        here = difference.as_in or versions_here().get(difference.library)
        there = None if environment is None else environment.versions.get(difference.library)
        # Of a plug-in nothing is asked but whether it is there.
        differs = (
            difference.since
            if environment is None
            else (difference.era(here) != difference.era(there))
        )
        if differs:
            found.append(Divergence(difference, here, there, tuple(images[name])))
    return tuple(found)


def _seen_there(training_set: TrainingSet) -> Iterator[tuple[str, str]]:
    """Find what the trainer here does not see, for want of a plug-in that it may have."""
    if training_set.environment is None:
        return
    for dataset in training_set.datasets:
        for subset in dataset.subsets:
            for path in subset.unseen:
                for name in differences_at(Use([path]), training_set.trainer.libraries):
                    yield path, name


def notes_of(training_set: TrainingSet, rows: Iterable[Concerned]) -> tuple[str, ...]:
    """Say on which versions a data set's numbers stand, as far as it matters.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    rows : iterable of Concerned
        One an image.

    Returns
    -------
    tuple of str
        Sentences; none where no version matters and none was asked about.
    """
    environment, found = training_set.environment, divergences(training_set, rows)
    trainer = training_set.trainer
    if environment is not None and not trainer.libraries:
        return (f"{environment.path}: by which libraries {trainer.title} works is not known.",)
    if environment is not None:
        return tuple(_compared(training_set.trainer.libraries, environment, found))
    if not found:
        return ()
    stands_on = " and ".join(dict.fromkeys(map(_named_version, found)))
    images = tuple(dict.fromkeys(image for each in found for image in each.images))
    told = f"numbers as with {stands_on}; other versions make others: {_OPTION} compares"
    return (f"{_some(images)}: {told} the trainer's.",)


def _compared(
    libraries: Sequence[str], environment: Environment, found: Sequence[Divergence]
) -> Iterator[str]:
    versions = {
        each: environment.versions[each] for each in libraries if each in environment.versions
    }
    listed = ", ".join(f"{name} {each}" for name, each in versions.items())
    lacking = [name for name in libraries if name in COMPARED and name not in versions]
    if lacking:
        yield f"{environment.path} has no {' and no '.join(lacking)}: the trainer needs it."
    same = "" if found or lacking else ": the numbers are the same there"
    yield f"{environment.path} has {listed}{same}."
    for each in found:
        difference, there, here = each.difference, each.there or "none", each.here or "none"
        yield (
            f"{_some(each.images)}: {difference.library} ({there} there, {here} here)"
            f" {difference.what}: {difference.size}."
        )
    for name, version_there in versions.items():
        if not is_compared(name, version_there):
            first, last = COMPARED[name]
            yield f"{name} {version_there} was not compared: only {first} to {last} were."


def _named_version(found: Divergence) -> str:
    difference = found.difference
    told = f"{difference.library} {found.here}"
    return f"{told} (replayed)" if difference.as_in else told


def _some(images: Sequence[str]) -> str:
    more = f" and {len(images) - _NAMED} more" if len(images) > _NAMED else ""
    return f"{', '.join(images[:_NAMED])}{more}"


def as_document(training_set: TrainingSet, rows: Iterable[Concerned]) -> dict[str, Any]:
    """Put all this into plain values.

    Parameters
    ----------
    training_set : TrainingSet
        As discovered.
    rows : iterable of Concerned
        One an image.

    Returns
    -------
    dict of str to object
        Versions here and in the trainer's environment, and the differences that matter.
    """
    environment, libraries = training_set.environment, training_set.trainer.libraries
    return {
        "here": {name: each for name, each in versions_here().items() if name in libraries},
        "trainer_env": None
        if environment is None
        else {"path": environment.path, "versions": dict(environment.versions)},
        "differences": [
            {
                "name": each.difference.name,
                "library": each.difference.library,
                "here": each.here,
                "there": each.there,
                "what": each.difference.what,
                "size": each.difference.size,
                "source": each.difference.source,
                "images": list(each.images),
            }
            for each in divergences(training_set, rows)
        ],
    }
