"""Networks, and the random weights that they start from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import Array, matrices, real, same_dtype, whole


@dataclass(frozen=True, eq=False)
class Start:
    """What an episode starts from.

    The arrays' dtype, float32 or float64, is that in which the episode runs.
    """

    weights: list[Array]
    """``W_1..W_L``, ``[n_l, n_(l-1)]`` each."""
    feedback: list[Array] = field(default_factory=list)
    """The feedback pathway's own matrices; none where the forward weights are all it needs."""
    seed: int = 0
    """The seed of what is random in the steps, like the noise of weight mirrors."""

    def replace(self, **changes: Any) -> Start:
        """The same with other weights, feedback or seed."""
        return replace(self, **changes)

    def _arrays(self) -> tuple[list[Array], list[Array], int]:
        weights = matrices(self.weights, "weights")
        if not weights:
            raise ValueError("weights: no matrices; give one for each layer")
        feedback = matrices(self.feedback, "feedback")
        same_dtype(weights[0].dtype, feedback, "feedback")
        return weights, feedback, _seed(self.seed, "seed")


class Network:
    """What learns: layer sizes, how errors travel back, and what units do.

    ``z_l = W_l y_(l-1)``, ``y_l = softplus(z_l)`` with sharpness β, and outputs by softmax; no biases.

    >>> network = Network([784, 30, 47], feedback="fixed")
    >>> [w.shape for w in network.start(seed=1).weights]
    [(30, 784), (47, 30)]

    Layers of kernels and pooling are words, as ``docs/networks.md`` has them; the weights of such a layer are
    a row for each kernel:

    >>> network = Network("28x28x1 conv5x8 pool2 47")
    >>> [w.shape for w in network.start(seed=1).weights]
    [(8, 25), (47, 1152)]

    Args:
        sizes: ``n_0..n_L``, inputs first, or words like ``28x28x1 conv5x8 pool2 47``.
        feedback: What takes the place of ``B_l^T e_l`` on the way back: one of :meth:`feedbacks`, which
            ``docs/feedback.md`` describes.
        beta: Sharpness β of the softplus.
        output: ``softmax``, ``linear`` or ``softplus``: what the last layer's units do.
        init_scale: By what the initial forward weights are multiplied.
        activation: ``softplus``, ``relu`` or ``tanh``: what hidden units do.

    Raises:
        ValueError: If a size is zero or there is no memory for the weights, or a name is not known.
    """

    __slots__ = ("_inner",)
    _inner: _metaplast.Network

    def __init__(
        self,
        sizes: Sequence[int] | str,
        *,
        feedback: str = "fixed",
        beta: float = 10.0,
        output: str = "softmax",
        init_scale: float = 1.0,
        activation: str = "softplus",
    ) -> None:
        layers = sizes if isinstance(sizes, str) else [whole(size, "sizes") for size in sizes]
        if not all(isinstance(name, str) for name in (feedback, output, activation)):
            raise TypeError("feedback, output, activation: give names")
        numbers = real(beta, "beta"), real(init_scale, "init_scale")
        self._inner = _metaplast.Network(
            layers, feedback, numbers[0], output, numbers[1], activation
        )

    @classmethod
    def paper(cls, **keywords: Any) -> Network:
        """The deep network of the paper, 784-170-130-100-70-47."""
        return cls([784, 170, 130, 100, 70, 47], **keywords)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Network:
        """The network that a file's rule was found for, as ``meta-train`` writes it."""
        network = cls.__new__(cls)
        network._inner = _metaplast.Rule.read(os.fspath(path))[1]
        return network

    @staticmethod
    def feedbacks() -> list[str]:
        """The feedback pathways that can be named.

        >>> Network.feedbacks()[:3]
        ['fixed', 'symmetric', 'attached']
        """
        return _metaplast.Network.feedbacks()

    def start(
        self, seed: int, trial: int = 0, episode: int = 0, dtype: npt.DTypeLike = "float32"
    ) -> Start:
        """Fresh random weights and feedback, the same as the command draws for this episode.

        Both dtypes start from the same numbers.
        """
        kind = np.dtype(dtype)
        if kind not in (np.float32, np.float64):
            raise TypeError(f"dtype: {kind}; give float32 or float64")
        key = [whole(seed, "seed"), whole(trial, "trial"), whole(episode, "episode")]
        drawn = self._inner.draw(key[0], key[1], key[2], kind == np.float64)
        return Start(*drawn)

    @property
    def sizes(self) -> tuple[int, ...]:
        """``n_0..n_L``"""
        return tuple(self._inner.sizes)

    @property
    def words(self) -> str | None:
        """The layers in words, where there are kernels or pooling, else None."""
        return self._inner.words

    @property
    def activation(self) -> str:
        """What hidden units do."""
        return self._inner.activation

    @property
    def feedback(self) -> str:
        """How errors travel back."""
        return self._inner.feedback

    @property
    def beta(self) -> float:
        """Sharpness of the softplus units."""
        return self._inner.beta

    @property
    def output(self) -> str:
        """What the last layer's units do."""
        return self._inner.output

    @property
    def init_scale(self) -> float:
        """By what initial forward weights are multiplied."""
        return self._inner.init_scale

    @property
    def feedback_shapes(self) -> list[tuple[int, int]]:
        """The shapes of the feedback pathway's own matrices."""
        return [(rows, columns) for rows, columns in self._inner.feedback_shapes()]

    def _parts(self) -> tuple[tuple[int, ...] | str, str, float, str, float, str]:
        layers = self.words or self.sizes
        return layers, self.feedback, self.beta, self.output, self.init_scale, self.activation

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, self._parts()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Network):
            return NotImplemented
        return self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        layers, feedback, beta, output, init_scale, activation = self._parts()
        first = repr(layers) if isinstance(layers, str) else str(list(layers))
        text = f"Network({first}, feedback={feedback!r}"
        if beta != 10.0:
            text += f", beta={beta}"
        if output != "softmax":
            text += f", output={output!r}"
        if init_scale != 1.0:
            text += f", init_scale={init_scale}"
        if activation != "softplus":
            text += f", activation={activation!r}"
        return text + ")"


def _restored(
    layers: tuple[int, ...] | str,
    feedback: str,
    beta: float,
    output: str,
    init_scale: float,
    activation: str,
) -> Network:
    return Network(
        layers,
        feedback=feedback,
        beta=beta,
        output=output,
        init_scale=init_scale,
        activation=activation,
    )


def _seed(value: Any, what: str) -> int:
    """Any number of 64 bits."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{what}: {value!r}; give a whole number")
    number = int(value.__index__())
    if not 0 <= number < 2**64:
        raise ValueError(f"{what}: {number}; give a number of 64 bits, 0 or more")
    return number
