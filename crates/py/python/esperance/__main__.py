"""The command: ``python -m esperance`` and ``esperance`` are the same."""

from __future__ import annotations

import signal
import sys

from ._esperance import main as _command


def main() -> int:
    """Does what the words of the command line say; the exit code."""
    # The command listens for Ctrl-C itself.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _command(["esperance", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
