"""Read dataset files with the trainer's own parsers, and say where they do not parse."""

from __future__ import annotations

import json
from typing import Any

from maskprep.errors import ConfigError, MaskprepError
from maskprep.files import parsed, pathname, storage


def parse(path: str) -> Any:
    """Parse a dataset configuration with the trainer's own parsers.

    Parameters
    ----------
    path : str
        A ``.toml`` or ``.json`` file.

    Returns
    -------
    object
        As parsed; a dict, unless the JSON is something else.

    Raises
    ------
    ConfigError
        The file is missing, of another kind, or does not parse.

    Notes
    -----
    *Source*: kohya-ss/sd-scripts v0.10.1, library/config_util.py, load_user_config: the packages
    toml and json, the file opened as text. Both refuse a byte order mark.
    """
    import toml

    ending = pathname.splitext(path)[1].lower()
    if ending not in (".toml", ".json"):
        raise MaskprepError(f"{path}: is neither a folder nor a dataset file (.toml, .json)")
    try:
        with storage.open_text(path) as stream:
            text = stream.read()
    except UnicodeDecodeError as error:
        told = f"{path}: is not UTF-8 at byte {error.start + 1}: save it as UTF-8 without a BOM"
        raise ConfigError(told, str(error)) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})", str(error)) from error
    if text.startswith("\ufeff"):
        reason = "byte order mark at line 1 column 1"
        raise ConfigError(
            f"{path}: line 1, column 1: begins with a byte order mark, which the trainer's"
            " parser refuses: save it as UTF-8 without a BOM",
            reason,
        )
    try:
        config = _json(path, text) if ending == ".json" else parsed.refuse_deep(toml.loads(text))
    except toml.TomlDecodeError as error:
        line, column, reason = _toml_place(text, error)
        told = f"{path}: line {line}, column {column}: {reason}"
        raise ConfigError(told, str(error)) from error
    except (IndexError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # The trainer's TOML parser crashes on some broken files instead of refusing them.
        line, column, reason = _toml_place(text, None)
        told = f"{path}: line {line}, column {column}: {reason}"
        raise ConfigError(told, f"{type(error).__name__}: {error}") from error
    try:
        return parsed.refuse_huge(config)
    except ValueError as error:
        # Both parsers take it; what then fails depends on the key, and is hours away for some.
        told = f"{path}: {error}: what the trainer makes of it is not foretold"
        raise ConfigError(told, str(error)) from error


def _json(path: str, text: str) -> Any:
    try:
        return parsed.from_json(text)
    except json.JSONDecodeError as error:
        told = f"{path}: line {error.lineno}, column {error.colno}: {error.msg}"
        raise ConfigError(told, str(error)) from error
    except ValueError as error:
        raise ConfigError(f"{path}: line 1, column 1: {error}", str(error)) from error


def _toml_place(text: str, refused: Any) -> tuple[int, int, str]:
    # tomlkit counts lines and columns better; what it takes and the trainer refuses is rarer.
    from tomlkit.exceptions import ParseError

    from maskprep.trainers.sd_scripts.escaped_paths import reason_in

    line, column = (refused.lineno, refused.colno) if refused is not None else (1, 1)
    reason = refused.msg if refused is not None else "cannot be parsed"
    try:
        parsed.from_toml(text)
    except ParseError as error:
        line, column = error.line, max(1, error.col)
    except ValueError:
        pass
    else:
        reason += " (valid TOML, but the trainer's parser, toml 0.10.2, refuses it)"
    reason += reason_in("".join(text.split("\n")[line - 1 : line]))
    return line, column, reason
