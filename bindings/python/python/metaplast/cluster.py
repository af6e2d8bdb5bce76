"""Single pieces of work, for executors and clusters.

An episode follows from (settings, θ, trial, episode) alone, so whoever runs it gets the same bits: threads,
processes, Dask's or mpi4py's executors on other machines. The functions here are what
:func:`~metaplast.meta_train`, :func:`~metaplast.evaluate` and :func:`~metaplast.sweep` submit.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from metaplast import _metaplast
from metaplast._arrays import whole
from metaplast._settings import to_toml
from metaplast.networks import Network
from metaplast.rules import Rule
from metaplast.tasks import Tasks

Parts: TypeAlias = tuple[
    float, float, "list[float] | None", list[float], list[float], list[float], float
]
"""Cross-entropy, accuracy, gradient, angles, orthonormality errors, weight norms and query loss of an episode."""

EVALUATION = 1 << 32
"""The number of the trial whose tasks and weights ``evaluate`` draws."""


@lru_cache(maxsize=4)
def _session(settings: str, process: int) -> _metaplast.Session:
    return _metaplast.Session(settings)


def episode(
    settings: str | Mapping[str, Any], theta: Sequence[float], trial: int, episode: int
) -> Parts:
    """One episode of a meta-training at θ, with gradient and diagnostics.

    Args:
        settings: Those of the training: a mapping, or the text of its ``config.toml``. Images are opened once
            in each process.

    >>> settings = {"glyphs_per_class": 12, "layers": [784, 8, 47], "ways": 2, "shots": 3, "queries": 2}
    >>> loss, accuracy, gradient, *_ = episode(settings, [1e-3, 0.0, 0.0], trial=0, episode=0)
    >>> len(gradient)
    3
    """
    text = settings if isinstance(settings, str) else to_toml(settings)
    # A process that was forked opens them again.
    session = _session(text, os.getpid())
    return session.episode(
        [float(t) for t in theta], whole(trial, "trial"), whole(episode, "episode")
    )


def score(
    rule: Rule,
    network: Network,
    tasks: Tasks,
    seed: int,
    k: int,
    steps: int | None = None,
    dtype: str = "float32",
) -> tuple[float, float]:
    """Loss and accuracy of a rule on task ``k`` of those that :func:`~metaplast.evaluate` draws."""
    from metaplast.episodes import _judged

    task = tasks.sample(seed, EVALUATION, k)
    start = network.start(seed, EVALUATION, k, dtype)
    return _metaplast.score(_judged(rule, network, start, task, steps))
