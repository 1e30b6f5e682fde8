"""Facts worked out once: objects do not wait for one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from maskprep.running.once import once


class _Meeting:
    def __init__(self, barrier: Barrier) -> None:
        self.barrier = barrier

    @once
    def met(self) -> int:
        """Wait until another one is being worked out, too."""
        return self.barrier.wait(timeout=60)


def test_two_objects_are_worked_out_side_by_side() -> None:
    barrier = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        places = pool.map(lambda each: each.met, [_Meeting(barrier), _Meeting(barrier)])
        assert sorted(places) == [0, 1]


def test_the_class_gives_the_property_itself() -> None:
    assert isinstance(_Meeting.met, once)
    assert _Meeting.met.__doc__ == "Wait until another one is being worked out, too."
