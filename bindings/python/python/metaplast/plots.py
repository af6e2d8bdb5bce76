"""Figures by matplotlib, which is imported where it is used."""

from __future__ import annotations

from typing import Any

import numpy as np

from metaplast._arrays import Array
from metaplast.episodes import Curve
from metaplast.evaluation import Table
from metaplast.runs import Run


def smoothed(values: Array, width: int = 20) -> Array:
    """The mean over so many episodes up to each.

    >>> smoothed(np.array([1.0, 3.0, 5.0]), 2)
    array([1., 2., 4.])
    """
    sums = np.cumsum(np.concatenate([[0.0], values]))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - width, 0)
    means: Array = (sums[ends] - sums[starts]) / (ends - starts)
    return means


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots()[1]


def column(of: Run, name: str, ax: Any = None, label: str | None = None) -> Any:
    """A column of a run's episodes, each trial faintly and their smoothed mean."""
    ax = _axes(ax)
    episodes = of.episodes
    trials = np.unique(episodes["trial"])
    lines = [episodes[name][episodes["trial"] == trial] for trial in trials]
    for line in lines:
        ax.plot(line, color="C0", alpha=0.15, linewidth=0.5)
    shortest = min(len(line) for line in lines)
    mean = np.mean([line[:shortest] for line in lines], axis=0)
    ax.plot(smoothed(mean), color="C0", label=label)
    ax.set_xlabel("episode")
    ax.set_ylabel(name)
    return ax


def theta(of: Run, ax: Any = None) -> Any:
    """The coefficients over the episodes of the first trial."""
    ax = _axes(ax)
    episodes = of.episodes
    first = episodes["trial"] == 0
    for name in episodes.columns:
        if name.startswith("theta_"):
            ax.plot(episodes[name][first], label=name.removeprefix("theta_"))
    ax.set_xlabel("episode")
    ax.set_ylabel("θ")
    ax.legend(ncols=2, fontsize="small")
    return ax


def run(of: Run) -> Any:
    """Loss, accuracy and θ of a run, as an array of three axes."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2), layout="constrained")
    column(of, "query_ce", axes[0])
    column(of, "query_accuracy", axes[1])
    theta(of, axes[2])
    figure.suptitle(of.path.name)
    return axes


def curve(of: Curve, ax: Any = None, label: str | None = None) -> Any:
    """Accuracy over the online steps."""
    ax = _axes(ax)
    ax.plot(of.step, of.accuracy, label=label)
    ax.set_xlabel("online step")
    ax.set_ylabel("query accuracy")
    return ax


def table(of: Table, ax: Any = None) -> Any:
    """Accuracies of rules with their intervals."""
    ax = _axes(ax)
    at = np.arange(len(of))
    rows = list(of)
    accuracies = np.array([row.accuracy for row in rows])
    low = accuracies - np.array([row.low for row in rows])
    high = np.array([row.high for row in rows]) - accuracies
    ax.errorbar(accuracies, at, xerr=np.stack([low, high]), fmt="o", capsize=3)
    ax.set_yticks(at, [row.name for row in rows])
    ax.set_xlabel("query accuracy")
    return ax
