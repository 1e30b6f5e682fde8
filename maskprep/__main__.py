"""Run as ``python -m maskprep``; the command of that name begins here as well."""

from __future__ import annotations


def main() -> None:
    """Run the command line; whoever breaks off its start is told so, as later on."""
    try:
        from maskprep.cli import main as command_line
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    command_line()


if __name__ == "__main__":
    main()
