"""The command line: parse, call the library, print, exit.

Imports any room; nobody imports it. Click lives here only, and no judgement does.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeVar

import click

from maskprep.cli import ending
from maskprep.errors import (
    InterruptedWorkError,
    MaskprepError,
    own_fault,
    printable,
    silence_decoders,
)
from maskprep.version import __version__

Result = TypeVar("Result")

_SYSTEM_LIBRARIES = ("libGL", "libgthread", "libglib", "libxcb", "libSM", "libXext", "libXrender")
_WAYS_OUT = (
    "OpenCV lacks a system library ({error}). Either install it"
    " (Debian, Ubuntu: apt-get install libgl1 libglib2.0-0), or use the build that needs none:"
    " pip uninstall -y opencv-python && pip install opencv-python-headless"
)


#: Set to anything, it lets a defect of maskprep itself end with Python's traceback.
_TRACEBACK = "MASKPREP_TRACEBACK"
#: Where the console or the disk is at fault, see `main`; Click knows the first.
_STDOUT_FAILS = (errno.EPIPE, errno.ENOSPC, errno.EIO)


class _Group(click.Group):
    """Its commands are in modules of their names, loaded when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        commands = (_command_in(each.name) for each in iter_modules(__path__))
        return sorted(each.name for each in commands if each is not None and each.name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = cmd_name.replace("-", "_")
        found = (
            _command_in(module) if any(m.name == module for m in iter_modules(__path__)) else None
        )
        return found if found is not None and found.name == cmd_name else None

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        return _carried_out(lambda: super(_Group, self).make_context(*args, **more))

    def invoke(self, ctx: click.Context) -> Any:
        return _carried_out(lambda: self._invoked(ctx))

    def _invoked(self, ctx: click.Context) -> Any:
        _refuse_lost_folder()
        return super().invoke(ctx)


def _carried_out(work: Callable[[], Result]) -> Result:
    """Tell in a line why a command could not do its job, and exit."""
    code = 2
    try:
        return work()
    except (click.ClickException, click.Abort, click.exceptions.Exit):
        raise
    except MaskprepError as error:
        _tell(str(error))
        if isinstance(error, InterruptedWorkError):
            code = ending.exit_code()
    except KeyboardInterrupt:
        _tell("interrupted")
        code = ending.exit_code()
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _STDOUT_FAILS:
            raise
        if isinstance(error, ImportError) and any(name in str(error) for name in _SYSTEM_LIBRARIES):
            _tell(_WAYS_OUT.format(error=error))
        elif os.environ.get(_TRACEBACK):
            raise
        else:
            _tell(own_fault(error))
    raise SystemExit(code)


def _refuse_lost_folder() -> None:
    try:
        os.getcwd()
    except OSError as error:
        told = "the working folder is gone, in which relative paths begin: go to another one"
        raise MaskprepError(f"{told} ({error.strerror})") from error


def _tell(message: str) -> None:
    click.echo(f"maskprep: {printable(message)}", err=True)


_STANDS_ON = (
    "numpy",
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "pillow",
    "scikit-image",
    "scipy",
    "voluptuous",
    "toml",
    "click",
    "rich",
    "fsspec",
    "imagecodecs",
    "watchfiles",
)


def _tell_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    import platform
    from importlib.metadata import PackageNotFoundError, version

    click.echo(f"maskprep {__version__}")
    click.echo(f"python {platform.python_version()}")
    for name in _STANDS_ON:
        try:
            click.echo(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    ctx.exit()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_tell_version,
    help="Show the version, and those of what it stands on.",
)
def maskprep() -> None:
    """Show what a diffusion trainer will do with each training mask.

    Start with: maskprep check my-dataset.toml
    """


@cache
def _command_in(module: str) -> click.Command | None:
    """Load a module of this folder, and give the command that it defines, if one."""
    found = vars(import_module(f"{__name__}.{module}")).values()
    return next((each for each in found if isinstance(each, click.Command)), None)


def main() -> None:
    """Run the command line; odd file names and narrow encodings print as escapes."""
    # Nothing here multiplies matrices, and on large machines each process would start many threads.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    silence_decoders()
    ending.listen()
    try:
        try:
            maskprep(windows_expand_args=False)
        except SystemExit as end:
            if end.code == ending.exit_code():
                ending.leave(ending.exit_code())
            raise
        finally:
            if sys.stdout is not None:  # whoever started this may have closed it
                sys.stdout.flush()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EIO):
            raise
        _tell(f"stdout cannot be written ({error.strerror})")
        # What is left in the buffer would fail once more when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(2) from None
