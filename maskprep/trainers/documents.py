"""Configuration files as dicts, lists and plain values: JSON, TOML or YAML, by their ending."""

from __future__ import annotations

import json
import sys
from typing import Any

from maskprep.errors import ConfigError
from maskprep.files import pathname, storage

if sys.version_info >= (3, 11):
    import tomllib  # novm: the same parser under Python's name
else:
    import tomli as tomllib

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
    except (OSError, UnicodeDecodeError) as error:
        told = f"{path}: cannot be read as UTF-8 text ({error})"
        raise ConfigError(told, str(error)) from error
    ending = pathname.splitext(path)[1].lower()
    try:
        if ending in _YAML:
            return _yaml(text, path)
        return json.loads(text) if ending == ".json" else parse_toml(text)
    except (ValueError, RecursionError) as error:  # what json and tomllib raise are ValueErrors
        raise ConfigError(f"{path}: does not parse: {error}", str(error)) from error


def parse_toml(text: str) -> dict[str, Any]:
    """Read what a TOML text says by the standard, whatever a trainer's own parser makes of it.

    Parameters
    ----------
    text : str
        A document.

    Returns
    -------
    dict of str to object
        Dicts, lists and plain values, dates among them.

    Raises
    ------
    ValueError
        It is no TOML.
    RecursionError
        It is nested too deeply.
    """
    return tomllib.loads(text)


def _yaml(text: str, path: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        told = "is YAML, for which PyYAML is needed: pip install maskprep[yaml]"
        raise ConfigError(f"{path}: {told}", told) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        words = " ".join(str(error).split())
        raise ConfigError(f"{path}: does not parse: {words}", words) from error
