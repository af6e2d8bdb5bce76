"""Reservoirs whose readouts learn a movement: FORCE from the target, RMHL and SUPERTREX from a reward.

``docs/reservoir.md`` explains the algorithms and the published tasks (Pyle & Rosenbaum 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import whole

__all__ = ["Movement", "simulate"]

_Floats: TypeAlias = npt.NDArray[np.float64]
#: Steps between two looks at whether the user interrupts.
_PIECE = 500


@dataclass(frozen=True)
class Movement:
    """A run from its first step to the end of its test.

    Attributes:
        outputs: ``[steps, outputs]``.
        positions: What the outputs move, ``[steps, dims]``.
        targets: Where that should be, ``[steps, dims]``.
        errors: Squared distance and cost of movement, ``[steps]``.
        learning_steps: Steps before the test.
        deviation: Of the test: ``published``, ``mean_distance``, ``rms_distance`` and ``mean_cost``.
    """

    outputs: _Floats = field(repr=False)
    positions: _Floats = field(repr=False)
    targets: _Floats = field(repr=False)
    errors: _Floats = field(repr=False)
    learning_steps: int
    deviation: dict[str, float]

    def plot(self, ax: Any = None) -> Any:
        """Draws the movement of the test beside its target; returns the axes."""
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.gca()
        test = slice(self.learning_steps, None)
        for label, course in [("target", self.targets), ("drawn", self.positions)]:
            ax.plot(course[test, 0], course[test, -1], label=label)
        ax.set_aspect("equal")
        ax.legend()
        return ax


def simulate(
    task: Literal["drawing", "arm", "costly-arm"] = "drawing",
    algorithm: Literal["force", "rmhl", "supertrex"] = "supertrex",
    *,
    variant: Literal["authors", "modified", "steady"] = "steady",
    segments: int = 2,
    units: int = 1000,
    steps: int = 50_000,
    learning: int = 10,
    testing: int = 5,
    free: bool = False,
    seed: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> Movement:
    """Learns a published task and tests what was learned.

    Args:
        task: ``drawing`` is task 1, ``arm`` of two segments task 2, ``costly-arm`` task 3.
        algorithm: ``force`` is told where the position should be, and learns ``drawing`` alone.
        variant: Whose rules: the authors' scripts, the modified port, or the steadier ones of this project.
        segments: Of ``arm``.
        units: Of the reservoir.
        steps: Of a period; fewer make a faster movement.
        learning: Periods of learning.
        testing: Periods of test.
        free: Whether the test feeds the reservoir with its own outputs, and not as published.
        progress: Called now and then with the steps done and all.

    Raises:
        DivergedError: When outputs or weights grow beyond all bounds; its ``step`` says when.

    >>> movement = simulate("drawing", "force", units=100, steps=500)
    >>> movement.outputs.shape, movement.deviation["mean_distance"] < 0.3
    ((7500, 2), True)
    """
    n_steps = whole(steps, "steps")
    n_learning = whole(learning, "learning")
    run = _metaplast.ReservoirRun(
        task,
        whole(segments, "segments"),
        algorithm,
        variant,
        whole(units, "units"),
        (n_steps, n_learning, whole(testing, "testing")),
        bool(free),
        whole(seed, "seed"),
    )
    total = run.steps()
    pieces = []
    for done in range(0, total, _PIECE):
        pieces.append(run.advance(_PIECE))
        if progress is not None:
            progress(min(done + _PIECE, total), total)
    course = {key: np.concatenate([piece[key] for piece in pieces]) for key in pieces[0]}
    return Movement(
        outputs=course["outputs"].reshape(total, -1),
        positions=course["positions"].reshape(total, -1),
        targets=course["targets"].reshape(total, -1),
        errors=course["errors"],
        learning_steps=n_learning * n_steps,
        deviation=dict(run.deviation() or ()),
    )
