"""How a command ends that is broken off: in order, within a second, and with the code of that."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType

#: What users and systems end programs by, and what Python does by itself: nothing else is touched.
_SIGNALS = {
    "SIGINT": signal.default_int_handler,
    "SIGTERM": signal.SIG_DFL,
    "SIGHUP": signal.SIG_DFL,
}
#: Seconds in which all ends by itself: a second Ctrl-C then changes nothing.
_IN_ORDER = 1.0


class _BrokenOff(KeyboardInterrupt):
    """What a signal raises.

    One of Python's own that comes through `exec`, as `namedtuple` calls it, lets the interpreter
    end as if nobody had caught it (CPython 3.11, pythonrun.c, run_eval_code_obj).
    """


class _Received:
    """The first signal."""

    number = int(signal.SIGINT)
    moment = 0.0


_received = _Received()


def listen() -> None:
    """Let a first signal break off what goes on, and one after more than a second end it at once.

    Raises
    ------
    KeyboardInterrupt
        Where the program is, when a signal comes.
    """
    for name, own in _SIGNALS.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == own:  # nohup has it ignored
            signal.signal(number, _break_off)


def exit_code() -> int:
    """Give the exit code of a command that was broken off: 130, of SIGTERM 143, of SIGHUP 129."""
    return 128 + _received.number


def leave(code: int) -> None:
    """End a command that was broken off, though threads may be at large files still."""
    from maskprep.files import unfinished

    unfinished.end_all()
    if threading.active_count() > 1:  # Python would wait for them
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)


def _break_off(number: int, _: FrameType | None) -> None:
    if not _received.moment:
        _received.number, _received.moment = number, time.monotonic()
        raise _BrokenOff
    if time.monotonic() - _received.moment > _IN_ORDER:
        from maskprep.files import unfinished

        unfinished.end_all(patience=0)
        os._exit(exit_code())
