"""Configuration files as dicts, lists and plain values: JSON, TOML or YAML, by their ending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from maskprep.errors import ConfigError
from maskprep.files import parsed, pathname, storage

_YAML = (".yaml", ".yml")
_ENDINGS = (".json", ".toml", *_YAML)


def may_hold_one(path: str) -> bool:
    """Tell by its name whether a file can be read here."""
    return pathname.splitext(path)[1].lower() in _ENDINGS


def read_document(path: str) -> Any:
    """Parse a configuration file, whoever it is for.

    Parameters
    ----------
    path : str
        Of one of the three kinds.

    Returns
    -------
    object
        Dicts, lists, str, numbers, bools, None; in YAML and TOML also dates.

    Raises
    ------
    ConfigError
        It cannot be read or does not parse; or it is YAML and PyYAML is not installed.

    Notes
    -----
    PyYAML is no dependency: every trainer that takes YAML brings it, and nobody else needs it
    (`maskprep[yaml]`). Only its safe loader is used, which makes nothing but plain values.
    """
    try:
        with storage.open_binary(path) as stream:
            text = stream.read().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})", str(error)) from error
    except UnicodeDecodeError as error:
        told = f"{path}: cannot be read as UTF-8 text ({error})"
        raise ConfigError(told, str(error)) from error
    ending = pathname.splitext(path)[1].lower()
    try:
        return parsed.refuse_huge(_PARSERS[ending](text))
    except ImportError as error:
        told = "is YAML, for which PyYAML is needed: pip install maskprep[yaml]"
        raise ConfigError(f"{path}: {told}", told) from error
    except ValueError as error:
        raise ConfigError(f"{path}: does not parse: {error}", str(error)) from error


_PARSERS: dict[str, Callable[[str], Any]] = {
    ".json": parsed.from_json,
    ".toml": parsed.from_toml,
    **dict.fromkeys(_YAML, parsed.from_yaml),
}
