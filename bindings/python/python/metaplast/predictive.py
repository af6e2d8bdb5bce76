"""Predictive coding on chains of dense layers, beside the gradient of backpropagation.

Beliefs of all layers move until the errors between them and what the layer before predicts are at rest; each
layer's gradient is then local to it. ``docs/predictive.md`` says which method is whose, and how near they come
to backpropagation. All is in double precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import array, inputs, labels, matrices, real, whole

__all__ = ["Agreement", "Dense", "Inference", "compare", "infer"]

_Floats: TypeAlias = npt.NDArray[np.float64]
Method: TypeAlias = Literal[
    "exact", "fixed-prediction", "strict", "as-released", "as-published", "zero-divergence"
]
Loss: TypeAlias = Literal["cross-entropy", "mean-square", "half-square"]


@dataclass(frozen=True)
class Dense:
    """A layer ``activation(x @ weights.T + bias)``.

    Attributes:
        weights: ``[outputs, inputs]``.
        bias: ``[outputs]``, or none.
        activation: ``identity``, ``tanh``, ``sigmoid``, ``relu``, or ``softplus`` with its β, as ``softplus 10``.
    """

    weights: Any
    bias: Any = None
    activation: str = "identity"


@dataclass(frozen=True)
class Inference:
    """What a method gives for a batch of rows.

    Attributes:
        loss: The loss of the forward pass.
        predictions: The forward pass, from the input to the outputs.
        beliefs: The same at the end of inference.
        errors: One for each layer.
        gradients: For each layer those of its weights and, where it has one, its bias; to be descended.
        energies: Each layer's part of the energy after 0, 1, … updates; nothing for methods without an energy.
        iterations: Updates of the beliefs.
        unrest: How far the beliefs are from rest, relative to the last error; NaN without an energy.
        errors_are_final: Whether the errors belong to the final beliefs.
    """

    loss: float
    predictions: list[_Floats] = field(repr=False)
    beliefs: list[_Floats] = field(repr=False)
    errors: list[_Floats] = field(repr=False)
    gradients: list[list[_Floats]] = field(repr=False)
    energies: list[list[float]] = field(repr=False)
    iterations: int
    unrest: float
    errors_are_final: bool


@dataclass(frozen=True)
class Agreement:
    """How a gradient stands to a reference.

    Attributes:
        relative_error: The size of their difference by that of the reference.
        cosine: Of the angle between them.
        angle: That angle in degrees.
    """

    relative_error: float
    cosine: float
    angle: float


def infer(
    layers: Sequence[Dense],
    x: Any,
    y: Any,
    *,
    method: Method = "strict",
    eta: float = 0.1,
    iterations: int = 20,
    loss: Loss = "cross-entropy",
) -> Inference:
    """Beliefs, errors and gradients of a chain for a batch.

    Args:
        layers: The chain, first layer first.
        x: One input per row.
        y: Classes, or for the other losses, and for probabilities, one row of values per input.
        method: ``exact`` is backpropagation; ``as-released`` and ``as-published`` are strict inference as the
            authors' code computes it and as their article prints it.
        eta: The step size of the beliefs.
        iterations: Their number of steps.

    >>> random = np.random.default_rng(1)
    >>> layers = [Dense(random.normal(size=(5, 6)), activation="tanh"), Dense(random.normal(size=(3, 5)))]
    >>> x, y = random.normal(size=(8, 6)), [0, 1, 2, 0, 1, 2, 0, 1]
    >>> strict = infer(layers, x, y, iterations=100)
    >>> exact = infer(layers, x, y, method="exact")
    >>> [round(agreement.angle) for agreement in compare(strict, exact)]
    [6, 13]
    """
    parts = []
    for number, layer in enumerate(layers, start=1):
        what = f"layer {number}"
        (weights,) = matrices([layer.weights], what)
        bias = layer.bias
        if bias is not None:
            bias = array(bias, f"{what}: bias").astype(np.float64)
            if bias.ndim != 1:
                raise ValueError(f"{what}: a bias of shape {list(bias.shape)}; give a vector")
        parts.append((weights.astype(np.float64), bias, str(layer.activation)))
    rows = inputs(x, np.dtype(np.float64), "x")
    given = array(y, "y")
    classes = values = None
    if given.ndim == 1:
        classes = labels(given, "y").tolist()
    else:
        values = inputs(given, np.dtype(np.float64), "y")
    steps = whole(iterations, "iterations", 1)
    found = _metaplast.predictive_infer(
        parts, rows, classes, values, (method, real(eta, "eta"), steps), loss
    )
    return Inference(**found)


def compare(inference: Inference, reference: Inference) -> list[Agreement]:
    """How each layer's gradient of the weights stands to that of another inference of the same chain, mostly
    ``exact``."""
    pairs = list(zip(inference.gradients, reference.gradients))
    if len(inference.gradients) != len(reference.gradients):
        raise ValueError(
            f"gradients of {len(inference.gradients)} layers and of {len(reference.gradients)}"
        )
    return [Agreement(*_metaplast.agreement(a[0].ravel(), b[0].ravel())) for a, b in pairs]
