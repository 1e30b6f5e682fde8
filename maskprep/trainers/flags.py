"""Flags of a trainer's own command line, declared so that ours can offer them."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Literal

from maskprep.errors import MaskprepError
from maskprep.model import Size

_WANTED = {
    "size": "a side or (width, height), whole px from 1 on",
    "count": "a whole number from 1 on",
    "switch": "True or False",
    "word": "a str",
}


def _is_count(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool) and int(value) > 0


@dataclass(frozen=True)
class Flag:
    """One flag that a trainer declares.

    Attributes
    ----------
    name : str
        With underscores, as in ``bucket_reso_steps``.
    kind : {"size", "count", "share", "switch", "word"}
        A `Size`, a whole number from 1 on, a number from 0 to 1, a bool, or a str.
    help : str
        For people; says the default where it is not the trainer's own.
    off : str
        Of a switch: the option that switches it off.
    metavar : str
        What stands for the value in help.
    """

    name: str
    kind: Literal["size", "count", "share", "switch", "word"]
    help: str
    off: str = ""
    metavar: str = ""

    @property
    def option(self) -> str:
        """How it is typed."""
        return f"--{self.name.replace('_', '-')}"

    def taken(self, value: object) -> object:
        """Take a value given in Python, as the command line would.

        Parameters
        ----------
        value : object
            A size may be one whole number, or two.

        Returns
        -------
        Size, int, bool or str

        Raises
        ------
        MaskprepError
            It is none for this flag.

        Examples
        --------
        >>> Flag("resolution", "size", "").taken(512)
        Size(width=512, height=512)
        """
        if self.kind == "size":
            sides = value if isinstance(value, (tuple, list)) else (value, value)
            if len(sides) == 2 and all(map(_is_count, sides)):
                return Size(*map(operator.index, sides))
        elif self.kind == "count" and _is_count(value):
            return operator.index(value)  # type: ignore[arg-type]
        elif isinstance(value, bool if self.kind == "switch" else str):
            return value
        raise MaskprepError(f"{self.name} wants {_WANTED[self.kind]}, not {value!r}")

    def typed(self, value: object) -> list[str]:
        """Give the words to type for a value.

        Examples
        --------
        >>> Flag("enable_bucket", "switch", "", "--no-enable-bucket").typed(False)
        ['--no-enable-bucket']
        >>> Flag("resolution", "size", "").typed(Size(832, 1216))
        ['--resolution', '832,1216']
        """
        if self.kind == "switch":
            return [self.option if value else self.off]
        return [self.option, ",".join(map(str, value)) if isinstance(value, Size) else str(value)]
