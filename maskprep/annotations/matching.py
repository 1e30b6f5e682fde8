"""Which image an annotation is about: names with folders, URLs, prefixes or other endings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maskprep.annotations.shapes import Annotated
from maskprep.files import pathname


@dataclass(frozen=True)
class Match:
    """Which annotations belong to which image.

    Attributes
    ----------
    of_image : dict of str to list of Annotated
        By the image's path; several where several files say something of one image.
    doubtful : dict of str to str
        Why nobody can know, by the image's path, in words.
    without : tuple of str
        Names of annotated images that are not there.
    """

    of_image: dict[str, list[Annotated]]
    doubtful: dict[str, str]
    without: tuple[str, ...]


def matched(annotated: Sequence[Annotated], images: Sequence[str]) -> Match:
    """Find the image of each annotation, or the images where they differ in their endings only.

    Parameters
    ----------
    annotated : sequence of Annotated
        As read.
    images : sequence of str
        Paths of the data set's images.

    Returns
    -------
    Match
        The whole name goes before the name without its ending, the same case before any, and of
        several images of one name the one that lies in the folders that the annotation names.
    """
    indices = [_index(images, key) for key in _KEYS]
    of_image: dict[str, list[Annotated]] = defaultdict(list)
    doubtful: dict[str, str] = {}
    without: list[str] = []
    for each in annotated:
        found = _images_of(each, indices)
        if not found:
            without.append(_parts(each.names[0])[-1])
        elif len({pathname.dirname(image) for image in found}) > 1:
            for image in found:
                told = f"{each.names[0]} of {each.path} may be {' or '.join(found)}"
                doubtful.setdefault(image, told)
        else:
            for image in found:
                of_image[image].append(each)
    for image, several in of_image.items():
        for names in _names_by_file(several):
            if len(names) > 1:
                told = f"{len(names)} annotated images may be it: {' or '.join(names)}"
                doubtful.setdefault(image, told)
    return Match(dict(of_image), doubtful, tuple(without))


def _names_by_file(several: Sequence[Annotated]) -> list[list[str]]:
    by_file: dict[str, dict[str, None]] = defaultdict(dict)
    for each in several:
        by_file[each.path][each.names[0]] = None
    return [list(names) for names in by_file.values()]


def _parts(name: str) -> list[str]:
    return [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")] or [name]


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


_KEYS: tuple[Callable[[str], str], ...] = (
    lambda name: name,
    lambda name: name.casefold(),
    _stem,
    lambda name: _stem(name).casefold(),
)


def _index(images: Sequence[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for image in images:
        found[key(pathname.basename(image))].append(image)
    return found


def _images_of(annotated: Annotated, indices: Sequence[dict[str, list[str]]]) -> list[str]:
    for key, index in zip(_KEYS, indices, strict=True):
        for name in annotated.names:
            parts = _parts(name)
            found = index.get(key(parts[-1]), [])
            if found:
                return _nearest(found, parts[:-1])
    return []


def _nearest(images: Sequence[str], folders: Sequence[str]) -> list[str]:
    """Keep the images that share the most of the folders right above them."""

    def shared(image: str) -> int:
        above = _parts(pathname.dirname(image))
        count = 0
        for one, other in zip(reversed(above), reversed(folders), strict=False):
            if one != other:
                break
            count += 1
        return count

    most = max(map(shared, images))
    return [image for image in images if shared(image) == most]
