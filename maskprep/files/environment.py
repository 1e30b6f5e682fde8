"""The versions of libraries in a Python environment; nothing of it is imported or started."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email import message_from_string
from pathlib import Path

from maskprep.errors import MaskprepError
from maskprep.files import pathname, storage

#: Where an environment has its packages: on Linux and macOS, Debian's own, Windows', conda's there.
_PACKAGE_FOLDERS = (
    "lib/python3*/site-packages",
    "lib64/python3*/site-packages",
    "local/lib/python3*/dist-packages",
    "lib/python3/dist-packages",
    "Lib/site-packages",
)
#: What environments are often called that lie in a trainer's own folder.
_USUAL_NAMES = ("venv", ".venv", "env", "python_embeded", "python_embedded", "python")
_MARK = "pyvenv.cfg"
_PYTHON = re.compile(r"pythonw?(3(?:\.\d+)?)?t?(\.exe)?", re.IGNORECASE)


def versions_in(path: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Tell which versions of libraries an environment has.

    Parameters
    ----------
    path : str
        Its folder, its Python executable, or the folder of its packages.
    wanted : mapping of str to sequence of str
        Distributions that hold a library, by what the library is called here; the first that is
        installed counts.

    Returns
    -------
    dict of str to str
        Versions by the library; what is not installed is not in it.

    Raises
    ------
    MaskprepError
        There is no environment there, or one of several Pythons.

    Notes
    -----
    Read are ``*.dist-info`` folders (`importlib.metadata`), and the names in conda's ``conda-meta``
    where a library has none.
    """
    places = _package_folders(Path(path))
    if not places:
        raise MaskprepError(f"{path}: {_no_environment(Path(path))}")
    by_conda = _conda_packages(Path(path))
    found = {}
    for library, names in wanted.items():
        versions = (_version(name, places) or by_conda.get(name) for name in names)
        version = next((each for each in versions if each), None)
        if version is not None:
            found[library] = version
    return found


def _version(name: str, places: Sequence[Path]) -> str | None:
    from importlib.metadata import distributions  # takes as long to import as OpenCV

    for found in distributions(name=name, path=[str(each) for each in places]):
        # A folder without its METADATA was left behind by something that broke off.
        texts: Iterator[str | None] = map(found.read_text, ("METADATA", "PKG-INFO", ""))
        with suppress(UnicodeDecodeError):
            version = message_from_string(next(filter(None, texts), "")).get("Version")
            if version:
                return str(version)
    return None


def _package_folders(path: Path) -> list[Path]:
    if path.name in ("site-packages", "dist-packages") and os.path.isdir(path):
        return [path]
    for root, version in _roots(path):
        found = _below(root, version)
        if len({each.parent.name for each in found} - {"python3", "Lib"}) > 1:
            told = "has packages of several Pythons: name the executable, as in bin/python3.11"
            raise MaskprepError(f"{path}: {told}")
        if found:
            return [*found, *_shared(root, version)]
    return []


def _roots(path: Path) -> Iterator[tuple[Path, str]]:
    """List what may be an environment's folder, and the version that its Python's name tells."""
    if os.path.isdir(path):
        for root in (path, path.parent) if path.name in ("bin", "Scripts") else (path,):
            yield root, _told_version(root)
        return
    # A virtual environment's Python is a link: where it lies counts, then where it leads.
    for each in dict.fromkeys((path, _followed(path))):
        named = _PYTHON.fullmatch(each.name)
        if named is None or not os.path.lexists(each):
            continue
        # Scripts/python.exe and bin/python have it above, Windows' own python.exe beside itself.
        for root in (each.parent.parent, each.parent):
            yield root, _told_version(root) or _version_in_name(each)


def _version_in_name(executable: Path) -> str:
    for each in (executable, _followed(executable)):
        named = _PYTHON.fullmatch(each.name)
        if named is not None and "." in (named[1] or ""):
            return str(named[1])
    return ""


def _below(root: Path, version: str) -> list[Path]:
    found = []
    for pattern in _PACKAGE_FOLDERS:
        exact = pattern.replace("python3*", f"python{version}") if version else pattern
        # Both names of one folder, where case does not count or lib64 is a link.
        found += [each for each in sorted(root.glob(exact)) if os.path.isdir(each)]
    return list({_followed(each): each for each in reversed(found)}.values())[::-1]


def _followed(path: Path) -> Path:
    return Path(pathname.realpath(str(path)))


def _told_version(root: Path) -> str:
    told = _settings(root).get("version") or _settings(root).get("version_info") or ""
    return ".".join(told.split(".")[:2])


def _shared(root: Path, version: str) -> list[Path]:
    """Find the packages of the Python below a virtual environment, where it takes these, too."""
    settings = _settings(root)
    if settings.get("include-system-site-packages", "").lower() != "true" or "home" not in settings:
        return []
    home = Path(settings["home"])
    return _below(home.parent, version) or _below(home, version)


def _settings(root: Path) -> dict[str, str]:
    try:
        lines = storage.read_bytes(str(root / _MARK)).decode("utf-8", "replace").splitlines()
    except OSError:
        return {}
    parts = (line.partition("=") for line in lines)
    return {key.strip().lower(): value.strip() for key, _, value in parts}


def _conda_packages(path: Path) -> dict[str, str]:
    for root, _ in _roots(path):
        names = [each.stem.rsplit("-", 2) for each in (root / "conda-meta").glob("*-*-*.json")]
        if names:
            return {name: version for name, version, _ in names}
    return {}


def _no_environment(path: Path) -> str:
    if not os.path.lexists(path):
        return "there is no such file or folder"
    if os.path.islink(path) and not os.path.exists(path):
        return "is a link that leads nowhere: the Python that it was made with is gone"
    if os.path.isdir(path):
        inside = (path / name for name in _USUAL_NAMES)
        named = next(
            (each for each in inside if os.path.isdir(each) and _package_folders(each)), None
        )
        if named is not None:
            return f"is no Python environment: did you mean {named}?"
    wanted = "name the trainer's venv folder, or its python executable"
    return f"is no Python environment: {wanted}"
