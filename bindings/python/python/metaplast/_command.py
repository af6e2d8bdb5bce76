"""The command, in a process of its own: an interruption reaches it as well, and it saves what was done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence


def run(words: Sequence[str | os.PathLike[str]], threads: int | None = None) -> str:
    """What the command prints.

    Raises:
        ValueError: With what it says, if it was asked for what cannot be.
        RuntimeError: With what it says, if the work failed.
    """
    line = [sys.executable, "-m", "metaplast", *(os.fspath(word) for word in words)]
    if threads is not None:
        line += ["--threads", str(threads)]
    done = subprocess.run(line, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        said = done.stderr.strip().removeprefix("error: ") or "the work failed"
        raise ValueError(said) if done.returncode == 2 else RuntimeError(said)
    return done.stdout
