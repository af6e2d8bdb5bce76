"""Episodes: online learning of a task from random weights, with exact derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import Array, inputs, labels, matrices, same_dtype, whole
from metaplast.networks import Network, Start
from metaplast.rules import Rule
from metaplast.tasks import Task

_Rows: TypeAlias = tuple[Array, npt.NDArray[np.int64]]
_Parts: TypeAlias = tuple[
    _metaplast.Rule,
    _metaplast.Network,
    tuple[list[Array], list[Array], int],
    _Rows,
    _Rows | None,
    int | None,
]


@dataclass(frozen=True, eq=False)
class Diagnostics:
    """Measured on the query images with the final weights."""

    angles: npt.NDArray[np.float64]
    """Degrees between the mean teaching signals ``e_0..e_L`` and those of backpropagation."""
    orthonormality: npt.NDArray[np.float64]
    """Orthonormality error of each layer."""
    weight_norms: npt.NDArray[np.float64]
    """Frobenius norm of each layer's weights."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """How an episode ended."""

    loss: float
    """Mean query cross-entropy, in nats."""
    accuracy: float
    """Fraction of query samples whose largest output is their class's."""
    gradient: npt.NDArray[np.float64]
    """∂ loss / ∂θ, through all online steps."""
    diagnostics: Diagnostics | None = None
    """What else was asked for."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A learning curve."""

    step: npt.NDArray[np.int64]
    """Online steps so far."""
    loss: npt.NDArray[np.float64]
    """Mean query cross-entropy, in nats."""
    accuracy: npt.NDArray[np.float64]
    """Query accuracy."""
    weight_norms: npt.NDArray[np.float64]
    """Frobenius norm of each layer's weights, ``[points, layers]``."""
    weights: list[Array]
    """The final weights."""


def learn(
    rule: Rule, network: Network, start: Start, x: Any, y: Any, *, steps: int | None = None
) -> list[Array]:
    """The final weights after learning online, one step for each row of ``x``.

    >>> network = Network([4, 6, 3])
    >>> x, y = np.eye(4, dtype=np.float32), [0, 1, 2, 0]
    >>> weights = learn(Rule("F0", [0.1]), network, network.start(seed=1), x, y)
    >>> [w.shape for w in weights]
    [(6, 4), (3, 6)]

    Args:
        x: ``[n, n_0]``, or images ``[n, ...]``, in the dtype of the weights or one that it holds exactly.
        y: The class of each, below ``n_L``.
        steps: Online steps; after the last sample the first comes again. One for each unless given.

    Raises:
        ValueError: If shapes or labels do not fit the network.
        TypeError: If dtypes are mixed, or a tensor is on a GPU.
    """
    return _metaplast.learn(_learning(rule, network, start, x, y, steps))


def learn_vjp(
    rule: Rule,
    network: Network,
    start: Start,
    x: Any,
    y: Any,
    cotangents: Sequence[Any],
    *,
    steps: int | None = None,
) -> tuple[npt.NDArray[np.float64], list[Array]]:
    """The exact vector-Jacobian product of :func:`learn`.

    The derivatives of ``Σ_l ⟨W_l, C_l⟩`` of the final weights with ``cotangents`` C by θ and by the first
    weights, through every step.

    >>> network = Network([4, 6, 3])
    >>> start, x, y = network.start(seed=1), np.eye(4, dtype=np.float32), [0, 1, 2, 0]
    >>> ones = [np.ones_like(w) for w in start.weights]
    >>> theta_bar, weights_bar = learn_vjp(Rule("F0", [0.1]), network, start, x, y, ones)
    >>> theta_bar.shape, weights_bar[0].shape
    ((1,), (6, 4))
    """
    parts = _learning(rule, network, start, x, y, steps)
    theta, weights = _learn_vjp(parts, cotangents, by_weights=True)
    assert weights is not None
    return theta, weights


def value_and_grad(
    rule: Rule,
    network: Network,
    start: Start,
    task: Task,
    *,
    steps: int | None = None,
    gradient: str = "reverse",
    memory: str | int | None = None,
    diagnostics: bool = False,
) -> Outcome:
    """Loss, accuracy and meta-gradient of one episode: learn the support set, be judged on the query set.

    >>> from metaplast import Tasks, glyphs
    >>> network, rule = Network([784, 12, 47]), Rule.preset("bio").with_theta([0.01, 0, 0])
    >>> task = Tasks(glyphs(per_class=20), ways=3, shots=5, queries=5).sample(seed=1)
    >>> outcome = value_and_grad(rule, network, network.start(seed=1), task)
    >>> bool(outcome.loss > 0), outcome.gradient.shape
    (True, (3,))

    Args:
        gradient: ``reverse``, ``gram``, ``forward``, ``truncated:50`` or ``es:16:0.0001``; see
            ``docs/gradients.md``.
        memory: Most that the reverse sweep may keep, like ``"64MB"``; no limit unless given.
        diagnostics: Whether to measure angles, orthonormality errors and weight norms as well.

    Raises:
        DivergedError: If the loss is not finite, with the step, layer and term to blame.
        ValueError: If shapes or labels do not fit the network, the memory holds no step, or ``gram`` cannot do
            without the weights.
    """
    parts = _judged(rule, network, start, task, steps)
    if not isinstance(gradient, str):
        raise TypeError("gradient: give the name of a way")
    budget = None if memory is None else str(memory)
    loss, accuracy, slopes, measured = _metaplast.value_and_grad(
        parts, gradient, budget, bool(diagnostics)
    )
    found = None if measured is None else Diagnostics(*(np.asarray(part) for part in measured))
    return Outcome(loss, accuracy, np.asarray(slopes, dtype=np.float64), found)


def simulate(
    rule: Rule,
    network: Network,
    start: Start,
    task: Task,
    *,
    steps: int | None = None,
    every: int = 10,
) -> Curve:
    """A learning curve without a gradient: how the network does at the start, after every ``every`` steps and
    at the end. Nothing of a step stays in memory, so any number of them is possible.

    >>> from metaplast import Tasks, glyphs
    >>> network, rule = Network([784, 12, 47]), Rule("F0", [0.02])
    >>> task = Tasks(glyphs(per_class=20), ways=3, shots=5, queries=5).sample(seed=1)
    >>> simulate(rule, network, network.start(seed=1), task, every=5).step
    array([ 0,  5, 10, 15])
    """
    parts = _judged(rule, network, start, task, steps)
    points, weights = _metaplast.simulate(parts, whole(every, "every", 1))
    step, loss, accuracy, norms = zip(*points)
    return Curve(
        np.asarray(step, dtype=np.int64),
        np.asarray(loss),
        np.asarray(accuracy),
        np.asarray(norms),
        weights,
    )


def _learn_vjp(
    parts: _Parts, cotangents: Sequence[Any], *, by_weights: bool
) -> tuple[npt.NDArray[np.float64], list[Array] | None]:
    """:func:`learn_vjp`, without the derivatives by the first weights where nobody asks for them."""
    given = matrices(cotangents, "cotangents")
    same_dtype(_dtype(parts), given, "cotangents")
    theta, weights = _metaplast.learn_vjp(parts, given, by_weights)
    return np.asarray(theta, dtype=np.float64), weights


def _learning(
    rule: Rule, network: Network, start: Start, x: Any, y: Any, steps: int | None
) -> _Parts:
    """An episode to learn from ``x`` and ``y`` in, as the extension takes it."""
    if not isinstance(rule, Rule):
        raise TypeError("rule: give a Rule")
    if not isinstance(network, Network):
        raise TypeError("network: give a Network")
    if not isinstance(start, Start):
        raise TypeError("start: give what Network.start makes, or a Start of your own weights")
    arrays = start._arrays()
    support = inputs(x, arrays[0][0].dtype, "x"), labels(y, "y")
    wanted = None if steps is None else whole(steps, "steps")
    return rule._inner, network._inner, arrays, support, None, wanted


def _judged(
    rule: Rule, network: Network, start: Start, task: Task, steps: int | None = None
) -> _Parts:
    """An episode whose network is judged on the query samples of its task."""
    parts = _learning(rule, network, start, task.support_x, task.support_y, steps)
    query = inputs(task.query_x, _dtype(parts), "query_x"), labels(task.query_y, "query_y")
    return (*parts[:4], query, parts[5])


def _dtype(parts: _Parts) -> np.dtype[Any]:
    kind: np.dtype[Any] = parts[2][0][0].dtype
    return kind
