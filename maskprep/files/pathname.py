"""Names of files, on disk or behind an fsspec URL; nothing is looked at.

Functions are named as in `os.path`. What is no URL goes to them as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from maskprep.errors import MaskprepError

# One letter is a drive of Windows; simplecache:: and the like go before the path.
_URL = re.compile(r"(?:\w+::)*([A-Za-z][A-Za-z0-9+.-]+)://")
_DISK = re.compile(r"(?:file|local)://")
#: A URL as `pathlib` writes it; one letter is a drive.
_LOST_SLASH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\](?![/\\])")
_DRIVE = re.compile(r"/[A-Za-z]:")
#: What Windows takes for a device, whatever ending follows.
DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³])(?=\s*(\.|$))", re.I)
#: Endings that people give to pictures; more than any trainer takes.
_PICTURE_ENDINGS = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
    | {".avif", ".jxl", ".heic", ".heif", ".psd", ".psb", ".tga", ".dib", ".exr", ".npy"}
    | {".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"}
    | {".pgm", ".pbm", ".ppm", ".pnm", ".pfm", ".pam"}
)
#: What is to be installed beside fsspec; these are known where fsspec itself is missing.
_PACKAGES = {
    **dict.fromkeys(("file", "local", "memory", "zip", "tar", "ftp"), ""),
    **dict.fromkeys(("s3", "s3a"), "s3fs"),
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "abfss"), "adlfs"),
    **dict.fromkeys(("http", "https"), "aiohttp"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko"),
    **dict.fromkeys(("webdav", "webdavs"), "webdav4"),
    "hf": "huggingface_hub",
    "oci": "ocifs",
    "oss": "ossfs",
    "smb": "smbprotocol",
}


def is_remote(path: str) -> bool:
    """Tell whether a path is a URL, and so is only read.

    Examples
    --------
    >>> [is_remote(path) for path in ("s3://a/b", "memory://a", "zip://a::file:///b.zip")]
    [True, True, True]
    >>> [is_remote(path) for path in ("a/b.png", "C:/a", "C://a", "no-protocol://a")]
    [False, False, False, False]
    """
    if "://" not in path:
        return False
    found = _URL.match(path)
    return found is not None and _is_known(found[1])


@cache
def _is_known(protocol: str) -> bool:
    if protocol in _PACKAGES:
        return True
    try:
        from fsspec.registry import known_implementations, registry
    except ImportError:
        return False
    return protocol in known_implementations or protocol in registry


def local_path(path: str) -> str | None:
    """Give the path on disk: a local path as it is, that of a ``file://`` URL; else None.

    Examples
    --------
    >>> local_path("a/b.png"), local_path("file:///a/b.png"), local_path("s3://a/b.png")
    ('a/b.png', '/a/b.png', None)
    """
    if not is_remote(path):
        return path
    found = _DISK.match(path)
    if found is None:
        return None
    rest = path[found.end() :]
    return rest[1:] if os.name == "nt" and _DRIVE.match(rest) else rest


def as_text(path: str | os.PathLike[str]) -> str:
    """Spell a path of any kind as text.

    Parameters
    ----------
    path : str or os.PathLike
        A path, or a URL.

    Returns
    -------
    str

    Raises
    ------
    TypeError
        It is neither.
    MaskprepError
        It was a URL before `pathlib` took one of its slashes.

    Examples
    --------
    >>> as_text(Path("a") / "b") == os.path.join("a", "b")
    True
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"a path is a str or a pathlib.Path, this is a {type(path).__name__}")
    text = os.fspath(path)
    if not isinstance(path, str) and (lost := _LOST_SLASH.match(text)) and not os.path.exists(text):
        told = f"pathlib keeps one slash of two: give the URL as text, {lost[1]}://…"
        raise MaskprepError(f"{text}: {told}")
    return text


def refuse_remote(path: str) -> None:
    """Refuse to write to a URL, or to what lies behind one.

    Parameters
    ----------
    path : str
        What is to be written, or replaced.

    Raises
    ------
    MaskprepError
        It is a URL.
    """
    if is_remote(path):
        raise MaskprepError(f"{path}: is remote and is only read; name a local --output")


def parted(path: str) -> tuple[str, str]:
    """Part a chained URL into the path inside its outermost file system, and the rest.

    Examples
    --------
    >>> parted("zip://images/a.png::s3://bucket/set.zip")
    ('zip://images/a.png', '::s3://bucket/set.zip')
    >>> parted("images/a.png")
    ('images/a.png', '')
    """
    if not is_remote(path):
        return path, ""
    end = path.find("::", path.index("://"))
    return (path, "") if end < 0 else (path[:end], path[end:])


def anchored(path: str) -> tuple[str, str]:
    """Part a URL into what names its file system, and an absolute path in there.

    Examples
    --------
    >>> anchored("zip://images/a.png::s3://bucket/set.zip")
    ('zip://::s3://bucket/set.zip', '/images/a.png')
    >>> anchored("/images/a.png")
    ('', '/images/a.png')
    """
    if not is_remote(path):
        return "", path
    whole, chain = parted(path)
    start = whole.index("://") + 3
    return whole[:start] + chain, "/" + whole[start:].lstrip("/")


def join(folder: str, name: str) -> str:
    """Join a folder and a path in it; one that is absolute, or a URL, stays as it is.

    Examples
    --------
    >>> join("s3://bucket/set", "../a.png"), join("zip://images::s3://b/set.zip", "a.png")
    ('s3://bucket/a.png', 'zip://images/a.png::s3://b/set.zip')
    """
    if is_remote(name) or (is_remote(folder) and os.path.isabs(name)):
        return name
    if not is_remote(folder):
        return _as_spelled(folder, os.path.join(folder, name))
    whole, chain = parted(folder)
    start = whole.index("://") + 3
    parts = whole[start:].rstrip("/").split("/") if whole[start:] else []
    for part in name.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return whole[:start] + "/".join(parts) + chain


def _as_spelled(folder: str, path: str, both: bool = os.name == "nt") -> str:
    r"""Spell a path in a folder as its user spelled the folder, where two signs part names.

    Examples
    --------
    >>> _as_spelled("D:/set", "D:/set\\a.png", True), _as_spelled("set", "set\\a.png", True)
    ('D:/set/a.png', 'set\\a.png')
    """
    return path.replace("\\", "/") if both and "/" in folder and "\\" not in folder else path


def basename(path: str) -> str:
    """Give a path's last part.

    Examples
    --------
    >>> basename("zip://images/a.png::s3://bucket/set.zip")
    'a.png'
    """
    whole = parted(path)[0]
    return os.path.basename(whole.rstrip("/") if is_remote(path) else whole)


def stem(path: str) -> str:
    """Give a path's last part without its ending.

    Examples
    --------
    >>> stem("images/a.b.png")
    'a.b'
    """
    return os.path.splitext(basename(path))[0]


def splitext(path: str) -> tuple[str, str]:
    """Part a path before its ending; what follows in a chained URL is left out.

    Examples
    --------
    >>> splitext("zip://images/a.png::s3://bucket/set.zip")
    ('zip://images/a', '.png')
    """
    return os.path.splitext(parted(path)[0])


def dirname(path: str) -> str:
    """Give the folder that a path lies in.

    Examples
    --------
    >>> dirname("s3://bucket/a.png"), dirname("zip://a.png::s3://bucket/set.zip")
    ('s3://bucket', 'zip://::s3://bucket/set.zip')
    """
    if not is_remote(path):
        return os.path.dirname(path)
    whole, chain = parted(path)
    start = whole.index("://") + 3
    above = whole[start:].rstrip("/").rpartition("/")[0]
    if not above and whole.startswith("/", start):
        above = "/"
    return whole[:start] + above + chain


def upward(folder: str) -> list[str]:
    """List a folder and those above it, the nearest first; a URL's end with the bucket's.

    Examples
    --------
    >>> upward("s3://bucket/a/b")
    ['s3://bucket/a/b', 's3://bucket/a', 's3://bucket']
    """
    if not is_remote(folder):
        whole = Path(os.path.abspath(folder))
        return [str(each) for each in (whole, *whole.parents)]
    has_buckets = not parted(folder)[1] and local_path(folder) is None
    found = [folder]
    while (above := dirname(found[-1])) != found[-1]:
        if has_buckets and anchored(above)[1] == "/":
            break
        found.append(above)
    return found


def isabs(path: str) -> bool:
    """Tell whether a path does not depend on the working directory."""
    return is_remote(path) or os.path.isabs(path)


def absolute(path: str) -> str:
    """Make a local path absolute; a URL stays as it is."""
    return path if is_remote(path) else os.path.abspath(path)


def realpath(path: str) -> str:
    """Follow a local path's links, as far as they lead; a URL only loses its last slash."""
    local = local_path(path)
    if local is not None:
        try:
            return os.path.realpath(local)
        except ValueError:  # it holds a zero byte, or half a character: nothing is there
            return os.path.abspath(local)
    whole, chain = parted(path)
    return whole.rstrip("/") + chain


def package_of(path: str) -> str:
    """Name the package that reads a URL of this kind beside fsspec; empty where none is known."""
    found = _URL.match(path)
    assert found is not None, "it is a URL"
    return _PACKAGES.get(found[1], "")


def is_within(path: Path, folder: Path) -> bool:
    """Tell whether a path is a folder, or lies in it; links are followed."""
    real, data = (Path(realpath(str(each))) for each in (path, folder))
    return real == data or data in real.parents


def entry_of(path: Path) -> Path:
    """Give the one spelling of a directory entry; where it is a link itself, that is not followed.

    Two names that lead to it over linked folders have the same.
    """
    return Path(os.path.realpath(path.parent)) / path.name


def folded(path: str) -> str:
    """Spell a local path so that all its spellings on this system are one: Windows knows several.

    Examples
    --------
    >>> folded("a/B.png") == folded(os.path.join("a", "B.png")), folded("s3://a/B.png")
    (True, 's3://a/B.png')
    """
    return path if is_remote(path) else os.path.normcase(path)


def has_controls(path: str) -> bool:
    r"""Tell whether a path holds what escapes make of a backslash and a letter.

    Examples
    --------
    >>> has_controls("D:\new"), has_controls(r"D:\new")
    (True, False)
    """
    return any(each in "\0\b\t\n\f\r" for each in path)


def kept_by_windows(name: str) -> str:
    """Say what Windows would do with a file name in place of writing a file of that name.

    Returns
    -------
    str
        Empty where it writes one.

    Examples
    --------
    >>> kept_by_windows("con.png"), kept_by_windows("a."), kept_by_windows("icon.png")
    ('CON is a device of Windows', 'Windows drops dots and spaces at the end', '')
    """
    if device := DEVICE.match(name):
        return f"{device[0].upper()} is a device of Windows"
    if name.rstrip(". ") != name:
        return "Windows drops dots and spaces at the end"
    if any(each in '<>:"|?*' or each < " " for each in name):
        return "Windows has no such characters in names"
    return ""


def is_picture(name: str) -> bool:
    """Tell whether people would take a file name for an image's, whatever a trainer thinks.

    Examples
    --------
    >>> [is_picture(name) for name in ("a.png", "a.PSD", "a.txt", "._a.png")]
    [True, True, False, False]
    """
    return os.path.splitext(name)[1].lower() in _PICTURE_ENDINGS and not name.startswith("._")


def told_apart(paths: Sequence[str]) -> list[str]:
    """Shorten paths to their last part, or to their last two where that says too little.

    Examples
    --------
    >>> told_apart(["m/a.png", "m/b.png"]), told_apart(["m/hair/a.png", "m/face/a.png"])
    (['a.png', 'b.png'], ['hair/a.png', 'face/a.png'])
    """
    names = [basename(path) for path in paths]
    if len(set(names)) == len(names):
        return names
    return [f"{basename(dirname(path))}/{name}" for path, name in zip(paths, names, strict=True)]
