"""Run directories."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from metaplast._arrays import Array
from metaplast._settings import from_toml
from metaplast.networks import Network
from metaplast.rules import Rule

_WHOLE = ("trial", "episode", "diverged_so_far")
_TEXT = ("cause", "at_term")


class Episodes(Mapping[str, Array]):
    """The episodes of a run: arrays by the names of ``docs/output.md``, such as ``query_accuracy`` and
    ``theta_2``; ``len`` is the number of episodes."""

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self._columns = dict(columns)

    @property
    def columns(self) -> list[str]:
        """The names, in the order of the file."""
        return list(self._columns)

    def __getitem__(self, name: str) -> Array:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``."""
        import pandas

        return pandas.DataFrame(self._columns)

    def to_polars(self) -> Any:
        """As a ``polars.DataFrame``."""
        import polars

        return polars.DataFrame(self._columns)

    def __repr__(self) -> str:
        return f"Episodes({len(self)} of {', '.join(self.columns)})"


class Run:
    """A run directory, as ``meta-train`` writes it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        """Where it is."""
        if not (self.path / "config.toml").is_file():
            raise FileNotFoundError(f"{self.path}: no run is there")

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting with its value; they repeat the run as keywords of ``meta_train``."""
        return from_toml((self.path / "config.toml").read_text(encoding="utf-8"))

    @property
    def rule(self) -> Rule:
        """The rule that was found, with the mean θ of the trials."""
        return Rule.load(self.path / "rule.toml")

    @property
    def network(self) -> Network:
        """The network that it was found for."""
        return Network.load(self.path / "rule.toml")

    @property
    def episodes(self) -> Episodes:
        """One entry per episode in each array, by trial and then by episode."""
        with (self.path / "episodes.csv").open(newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            names = next(rows)
            columns = list(zip(*rows)) or [()] * len(names)
        return Episodes({name: _typed(name, values) for name, values in zip(names, columns)})

    def resume(self, episodes: int | None = None, **keywords: Any) -> Run:
        """Goes on where the run was stopped, to as many episodes of each trial as are given; the files at the
        end are the same as without interruption. Keywords are those of ``meta_train``."""
        from metaplast.training import meta_train

        keywords.setdefault("progress", False)
        return meta_train(resume=self.path, episodes=episodes, **keywords)

    def plot(self) -> Any:
        """Loss, accuracy and θ over the episodes, as an array of three matplotlib axes."""
        from metaplast import plots

        return plots.run(self)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"


def _typed(name: str, values: tuple[str, ...]) -> Array:
    if name in _WHOLE:
        return np.array([int(value) for value in values], dtype=np.int64)
    if name == "diverged":
        return np.array([value == "true" for value in values], dtype=np.bool_)
    if name in _TEXT:
        return np.array(values, dtype=np.str_)
    # Empty where there is nothing to tell.
    return np.array([float(value) if value else np.nan for value in values], dtype=np.float64)
