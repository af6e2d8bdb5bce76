"""Nodes in PyTorch's graphs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from conftest import World

torch = pytest.importorskip("torch")

import metaplast as mp  # noqa: E402
import metaplast.torch as mt  # noqa: E402


@pytest.mark.parametrize("feedback", ["fixed", "attached", "kolen-pollack", "weight-mirror"])
def test_gradients_pass_gradcheck(feedback: str) -> None:
    world = World(feedback)

    def tensors(arrays: Any) -> Any:
        return [torch.tensor(a, requires_grad=True) for a in arrays]

    def final(theta: Any, *weights: Any) -> Any:
        start = world.start.replace(weights=list(weights))
        return tuple(mt.learn(world.rule, world.network, theta, start, world.x, world.y))

    def loss(theta: Any, *weights: Any) -> Any:
        start = world.start.replace(weights=list(weights))
        return mt.loss(world.rule, world.network, theta, start, world.task)

    inputs = (*tensors([world.theta]), *tensors(world.start.weights))
    assert torch.autograd.gradcheck(final, inputs, eps=1e-6, atol=1e-7, rtol=1e-5)
    assert torch.autograd.gradcheck(loss, inputs, eps=1e-6, atol=1e-7, rtol=1e-5)


def test_the_loss_is_that_of_value_and_grad() -> None:
    world = World()
    theta = torch.tensor(world.theta, requires_grad=True)
    loss = mt.loss(world.rule, world.network, theta, world.start, world.task)
    loss.backward()
    outcome = mp.value_and_grad(world.rule, world.network, world.start, world.task)
    assert loss.item() == outcome.loss
    np.testing.assert_allclose(theta.grad.numpy(), outcome.gradient, rtol=1e-12)
    with torch.no_grad():
        assert mt.loss(world.rule, world.network, theta, world.start, world.task) == loss


def test_tensors_are_inputs_too() -> None:
    world = World()
    x, y = torch.tensor(world.x), torch.tensor(world.y)
    final = mp.learn(world.rule, world.network, world.start, x, y)
    for a, b in zip(final, mp.learn(world.rule, world.network, world.start, world.x, world.y)):
        np.testing.assert_array_equal(a, b)
