"""Flags of a trainer's own command line, declared so that ours can offer them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maskprep.model import Size


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
