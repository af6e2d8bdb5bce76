"""Episodes as nodes of PyTorch's graphs, with gradients exact in θ and in the first weights.

Tensors are to be on the CPU. Inputs, labels and feedback matrices are constants, and a second derivative is
refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from metaplast import _metaplast
from metaplast.episodes import _judged, _learn_vjp, _learning
from metaplast.episodes import learn as _learn
from metaplast.networks import Network, Start
from metaplast.rules import Rule
from metaplast.tasks import Task

__all__ = ["learn", "loss"]


class _Learn(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    @staticmethod
    def forward(context: Any, given: Any, theta: Any, *weights: Any) -> Any:
        rule, network, start, x, y, steps = given
        rule = rule.with_theta(_numpy(theta))
        start = start.replace(weights=[_numpy(w) for w in weights])
        context.given = rule, network, start, x, y, steps
        context.like = theta
        return tuple(torch.from_numpy(w) for w in _learn(rule, network, start, x, y, steps=steps))

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator, unused-ignore]
    def backward(context: Any, *cotangents: Any) -> Any:
        rule, network, start, x, y, steps = context.given
        given = [_numpy(c) for c in cotangents]
        wanted = context.needs_input_grad[2:]
        learning = _learning(rule, network, start, x, y, steps)
        theta, weights = _learn_vjp(learning, given, by_weights=any(wanted))
        by_theta = torch.from_numpy(theta).to(context.like.dtype)
        by_weights = [None for _ in wanted] if weights is None else [torch.from_numpy(w) for w in weights]
        return (None, by_theta, *by_weights)


class _Loss(torch.autograd.Function):  # type: ignore[misc, unused-ignore]
    @staticmethod
    def forward(context: Any, given: Any, theta: Any, *weights: Any) -> Any:
        rule, network, start, task, steps = given
        rule = rule.with_theta(_numpy(theta))
        start = start.replace(weights=[_numpy(w) for w in weights])
        parts = _judged(rule, network, start, task, steps)
        context.like = theta
        if any(context.needs_input_grad):
            value, _, context.slopes = _metaplast.loss_vjp(parts, any(context.needs_input_grad[2:]))
        else:
            value = _metaplast.score(parts)[0]
        context.shapes = [w.shape for w in weights]
        return torch.tensor(value, dtype=weights[0].dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator, unused-ignore]
    def backward(context: Any, cotangent: Any) -> Any:
        kind = cotangent.dtype
        if context.slopes is None:
            nothing = [torch.full(shape, float("nan"), dtype=kind) for shape in context.shapes]
            return (None, torch.full_like(context.like, float("nan")), *nothing)
        theta, weights = context.slopes
        by_theta = torch.tensor(theta, dtype=context.like.dtype) * cotangent
        if weights is None:
            return (None, by_theta, *(None for _ in context.shapes))
        return (None, by_theta, *(torch.from_numpy(w) * cotangent for w in weights))


def learn(
    rule: Rule,
    network: Network,
    theta: torch.Tensor,
    start: Start,
    x: Any,
    y: Any,
    *,
    steps: int | None = None,
) -> list[torch.Tensor]:
    """The final weights of :func:`metaplast.learn` at ``theta``, as tensors that know their gradient by
    ``theta`` and by ``start.weights``, where these are tensors.

    >>> import metaplast as mp
    >>> network = mp.Network([4, 6, 3])
    >>> theta = torch.tensor([0.1], requires_grad=True)
    >>> x, y = np.eye(4, dtype=np.float32), np.array([0, 1, 2, 0])
    >>> weights = learn(mp.Rule("F0"), network, theta, network.start(seed=1), x, y)
    >>> sum((w ** 2).sum() for w in weights).backward()
    >>> theta.grad.shape
    torch.Size([1])
    """
    given = (rule, network, start, _constant(x), _constant(y), steps)
    return list(_Learn.apply(given, _theta(theta), *_weights(start)))


def loss(
    rule: Rule,
    network: Network,
    theta: torch.Tensor,
    start: Start,
    task: Task,
    *,
    steps: int | None = None,
) -> torch.Tensor:
    """The query cross-entropy after an episode, as a tensor that knows its gradient by ``theta`` and by
    ``start.weights``; it is taken along in the forward pass."""
    found: torch.Tensor = _Loss.apply((rule, network, start, task, steps), _theta(theta), *_weights(start))
    return found


def _numpy(tensor: torch.Tensor) -> Any:
    if tensor.device.type != "cpu":
        raise TypeError(f"a tensor on {tensor.device}; give its .cpu()")
    return tensor.detach().contiguous().numpy()


def _theta(theta: Any) -> torch.Tensor:
    tensor = torch.as_tensor(theta)
    if not tensor.is_floating_point():
        raise TypeError(f"theta: of {tensor.dtype}; give floats")
    return tensor


def _weights(start: Start) -> list[torch.Tensor]:
    return [torch.as_tensor(w) for w in start.weights]


def _constant(value: Any) -> Any:
    return _numpy(value) if isinstance(value, torch.Tensor) else np.asarray(value)
