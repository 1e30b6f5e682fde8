"""Facts that are worked out once, when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Owner = TypeVar("Owner")
Fact = TypeVar("Fact")


class once(Generic[Owner, Fact]):  # noqa: N801 - a decorator
    """Work a property out once, and keep it in the object.

    As `functools.cached_property` of Python 3.12 and later. Before, that holds one lock for all
    objects of a class while it works: threads would take turns at decoding.

    Parameters
    ----------
    method : callable
        From the object to the value. One thread at a time may ask one object.

    Examples
    --------
    >>> class Square:
    ...     side = 3
    ...
    ...     @once
    ...     def area(self) -> int:
    ...         print("worked out")
    ...         return self.side**2
    >>> square = Square()
    >>> square.area, square.area
    worked out
    (9, 9)
    """

    def __init__(self, method: Callable[[Owner], Fact]) -> None:
        self._method = method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type[Owner], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type[Owner]) -> once[Owner, Fact]: ...

    @overload
    def __get__(self, instance: Owner, owner: type[Owner]) -> Fact: ...

    def __get__(self, instance: Owner | None, owner: type[Owner]) -> Any:
        """Work it out: the next time it is found in the object itself."""
        if instance is None:
            return self
        fact = instance.__dict__[self._name] = self._method(instance)
        return fact
