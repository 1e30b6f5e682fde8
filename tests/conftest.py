"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import fsspec
import pytest

from tests.trainers.rounding import PROPERTY

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # Shells have it ignored by jobs in the background, and by whatever these start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is remembered or locked in the folders of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("MASKPREP_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    """What one test puts into the memory's file system is not there for the next."""
    yield
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell which recorded weights were met but for one pixel's rounding."""
    told = {
        report.nodeid: value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == PROPERTY
    }
    if told:
        rounded = [nodeid for nodeid, value in told.items() if value]
        terminalreporter.write_line(
            f"recorded weights: {len(told) - len(rounded)} met to 1e-5,"
            f" {len(rounded)} but for one pixel's rounding {' '.join(rounded)}".rstrip()
        )
