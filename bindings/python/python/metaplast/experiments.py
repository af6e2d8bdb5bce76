"""Experiments: the paper's, those of other published systems, and some that the papers leave open.

Among them are predictive coding (``pc-…``), reservoirs (``supertrex-…``, ``parkinson``, ``meta-rmhl``), matrix
factorisation (``low-rank``) and the identification of rules (``identify…``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, cast

from metaplast import _command
from metaplast._arrays import whole

__all__ = ["Results", "experiments", "reproduce"]


class Results:
    """The directory of an experiment, with ``results.json`` and a page, ``report.html``."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        """Where it is."""

    @property
    def data(self) -> dict[str, Any]:
        """All that was found, as ``docs/output.md`` describes ``results.json``."""
        text = (self.path / "results.json").read_text(encoding="utf-8")
        return cast("dict[str, Any]", json.loads(text))

    @property
    def findings(self) -> list[str]:
        """In words."""
        return list(self.data["findings"])

    @property
    def tables(self) -> list[dict[str, Any]]:
        """Each with ``title``, ``headings`` and ``rows``."""
        return list(self.data["tables"])

    def __repr__(self) -> str:
        return f"Results({str(self.path)!r})"


def experiments() -> dict[str, str]:
    """The names of all experiments, with their titles.

    >>> experiments()["pc-fig3"]
    'Fixed-prediction inference beside backpropagation'
    """
    lines = _command.run(["reproduce"]).splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line.strip())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def reproduce(
    name: str,
    *,
    out: str | os.PathLike[str],
    quick: bool = False,
    settings: Mapping[str, Any] | None = None,
    executor: Executor | None = None,
    shards: int = 1,
    threads: int | None = None,
    **flags: Any,
) -> Results:
    """Runs an experiment, or goes on with it, and returns what it found.

    >>> import tempfile
    >>> found = reproduce("pc-solvers", out=tempfile.mkdtemp() + "/solvers", quick=True)
    >>> len(found.tables) > 0
    True

    Args:
        quick: A size that ends within minutes, to see how it goes.
        settings: Settings of the experiment by name, as ``metaplast reproduce NAME --show`` lists them.
        executor: Runs ``shards`` shards of the work; every file is the same.
        flags: ``trials``, ``episodes``, ``seed`` and ``data``.

    Raises:
        ValueError: With what the command says, if there is no such experiment or setting.
        RuntimeError: If the work failed.
    """
    words = ["reproduce", name, "--out", os.fspath(out), "--quiet"]
    if quick:
        words.append("--quick")
    for key, value in flags.items():
        if key not in ("trials", "episodes", "seed", "data"):
            raise TypeError(f"{key}: give trials, episodes, seed or data, and others in settings")
        words += [f"--{key}", str(value)]
    for key, value in (settings or {}).items():
        words += ["--set", f"{key}={value}"]
    number = None if threads is None else whole(threads, "threads", 1)
    if executor is None:
        _command.run(words, number)
    else:
        parts = whole(shards, "shards", 1)
        futures = [
            executor.submit(_command.run, [*words, "--shard", f"{k + 1}/{parts}"], number or 1)
            for k in range(parts)
        ]
        for future in futures:
            future.result()
        _command.run([*words, "--gather"], number)
    return Results(out)
