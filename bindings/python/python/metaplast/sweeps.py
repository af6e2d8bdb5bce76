"""Sweeps: many meta-trainings that differ in their settings."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from metaplast import _command
from metaplast._arrays import whole
from metaplast._settings import from_toml, to_toml
from metaplast.runs import Run


class Sweep:
    """The directory of a sweep."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        """Where it is."""

    @property
    def table(self) -> list[dict[str, str]]:
        """The rows of ``sweep.csv``, one per run."""
        with (self.path / "sweep.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    @property
    def runs(self) -> dict[str, Run]:
        """The runs by name."""
        found = sorted(self.path.glob("*/config.toml"))
        return {path.parent.name: Run(path.parent) for path in found}

    def __repr__(self) -> str:
        return f"Sweep({str(self.path)!r})"


def sweep(
    plan: Mapping[str, Any] | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    shard: tuple[int, int] | None = None,
    executor: Executor | None = None,
    threads: int | None = None,
) -> Sweep:
    """Runs the meta-trainings of a plan that are not there yet, and gathers their table.

    >>> import tempfile
    >>> base = {"episodes": 2, "glyphs_per_class": 12, "layers": [784, 8, 47], "ways": 2, "shots": 3,
    ...         "queries": 2}
    >>> plan = {"base": base, "grid": {"lr": [1e-3, 1e-2]}}
    >>> found = sweep(plan, out=tempfile.mkdtemp() + "/sweep")
    >>> sorted(found.runs)
    ['lr=0.001', 'lr=0.01']

    Args:
        plan: The contents of a sweep file, ``base`` settings with a ``grid`` of values or ``arm`` s, or its
            path.
        shard: ``(I, N)``, I from 1: only every N-th run from the I-th, and no table; once all shards are
            done, a call without it gathers.
        executor: Runs the shards, one for each run of the plan; every file is the same.
        threads: For each process; all of the machine unless given, and one with an executor.

    Raises:
        ValueError: With what the command says, if the plan cannot be.
        RuntimeError: If a run failed.
    """
    directory = Path(out)
    number = None if threads is None else whole(threads, "threads", 1)
    if isinstance(plan, Mapping):
        directory.parent.mkdir(parents=True, exist_ok=True)
        file = directory.parent / f"{directory.name}.toml"
        text = to_toml(plan)
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    else:
        file = Path(plan)
    place = (os.fspath(file), os.fspath(directory))
    if shard is not None:
        part, parts = whole(shard[0], "shard", 1), whole(shard[1], "shard", 1)
        run_command(*place, ["--shard", f"{part}/{parts}"], number)
    elif executor is not None:
        parts = _size(from_toml(file.read_text(encoding="utf-8")))
        futures = [
            executor.submit(run_command, *place, ["--shard", f"{k + 1}/{parts}"], number or 1)
            for k in range(parts)
        ]
        for future in futures:
            future.result()
        run_command(*place, ["--gather"], number)
    else:
        run_command(*place, [], number)
    return Sweep(directory)


def run_command(file: str, out: str, more: list[str], threads: int | None) -> None:
    """Runs ``metaplast sweep``."""
    _command.run(["sweep", file, "--out", out, "--quiet", *more], threads)


def _size(plan: Mapping[str, Any]) -> int:
    """The number of runs of a plan, or near it: of shards beyond it each does nothing."""
    size = max(1, len(plan.get("arm", [])))
    if "random" in plan:
        return size * int(plan["random"].get("cells", 1))
    for values in plan.get("grid", {}).values():
        size *= max(1, len(values))
    return min(size, 1000)
