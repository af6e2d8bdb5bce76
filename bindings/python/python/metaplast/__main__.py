"""The command ``metaplast``, as ``python -m metaplast`` and as a console script."""

from __future__ import annotations

import signal
import sys

from metaplast import _metaplast


def main() -> int:
    """Runs the command with the arguments of this process; returns its exit code."""
    # The command hears signals itself; those that were ignored stay ignored.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _metaplast.command(["metaplast", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
