"""Nodes in JAX's graphs, against a plain scan of the same equations."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from conftest import World

# What is compiled here runs once.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp = jax.numpy

import metaplast as mp  # noqa: E402
import metaplast.jax as mj  # noqa: E402

BETA, MASK = 10.0, (1 << 64) - 1
RATE = 0.01


def rotate_left(x: int, k: int) -> int:
    return (x << k | x >> (64 - k)) & MASK


def signs(seed: int, step: int, layer: int, n: int) -> np.ndarray:
    """The noise of weight mirrors: bits of xoshiro256++ whose state is filled by SplitMix64."""
    place = (step * 0x9E3779B97F4A7C15 & MASK) ^ rotate_left(layer + 1, 56)
    counter, state = (seed + place) & MASK, []
    for _ in range(4):
        counter = (counter + 0x9E3779B97F4A7C15) & MASK
        z = counter
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        state.append(z ^ z >> 31)
    bits = (rotate_left((state[0] + state[3]) & MASK, 23) + state[0]) & MASK
    assert n <= 64
    return np.array([-1.0 if bits >> k & 1 else 1.0 for k in range(n)])


def softplus(z: Any) -> Any:
    small = jnp.log1p(jnp.exp(jnp.minimum(BETA * z, 20.0))) / BETA
    return jnp.where(BETA * z > 20.0, z, small)


def plain(world: World, feedback: str) -> Any:
    """``(theta, weights) → final weights`` as users of JAX write it."""
    layers = 3
    noise = [
        [signs(world.start.seed, t, l, n) for t in range(len(world.x))]
        for l, n in enumerate(world.network.sizes[:-1])
    ]

    def step(carried: Any, sample: Any) -> Any:
        (weights, back, theta), (x, target, xi) = carried, sample
        y, z = [x], []
        for l, w in enumerate(weights):
            z.append(w @ y[-1])
            y.append(jax.nn.softmax(z[-1]) if l == layers - 1 else softplus(z[-1]))
        e: list[Any] = [None] * layers + [y[-1] - target]
        for l in reversed(range(layers)):
            if feedback == "symmetric":
                through = jax.lax.stop_gradient(weights[l]).T @ e[l + 1]
            elif feedback == "attached":
                through = weights[l].T @ e[l + 1]
            elif feedback == "dfa":
                through = back[l].T @ e[-1]
            elif feedback == "sign-symmetric":
                sign = jnp.where(weights[l] < 0, -1.0, 1.0)
                through = (jnp.abs(back[l]) * sign).T @ e[l + 1]
            else:
                through = back[l].T @ e[l + 1]
            e[l] = through * (1 - jnp.exp(-BETA * y[l]))
        learned, mirrored = [], []
        for l, w in enumerate(weights):
            pre, post, e_pre, e_post = y[l], y[l + 1], e[l], e[l + 1]
            ones = jnp.ones_like(post)
            terms = [
                -jnp.outer(e_post, pre),
                -jnp.outer(post, e_pre),
                -jnp.outer(e_post, e_pre),
                -w,
                -jnp.outer(ones, e_pre),
                -jnp.outer(e_post, pre) * post.sum(),
                -jnp.outer(post, e_pre) * (post @ w @ e_pre),
                -jnp.outer(e_post, pre) * (post @ w @ e_pre),
                -jnp.outer(post, e_pre) * (pre @ w.T @ e_post),
                jnp.outer(post, pre) - jnp.outer(post, post) @ w,
            ]
            learned.append(w + sum(t * f for t, f in zip(theta, terms)))
        for l, b in enumerate(back):
            if feedback == "kolen-pollack":
                b = b - theta[0] * jnp.outer(e[l + 1], y[l]) - theta[3] * b
            elif feedback == "weight-mirror":
                b = (1 - RATE) * b + RATE * jnp.outer(learned[l] @ xi[l], xi[l])
            elif feedback.startswith("information"):
                answer = learned[l] @ y[l]
                change = 2e-3 * jnp.outer(answer, y[l])
                b = b + change - 2e-3 * jnp.outer(answer, answer) @ b - 2e-3 * b
            mirrored.append(b)
        return (learned, mirrored, theta), None

    targets = jnp.eye(3)[world.y]
    samples = (jnp.asarray(world.x), targets, [jnp.asarray(np.stack(n)) for n in noise])

    def run(theta: Any, weights: Any) -> Any:
        back = [jnp.asarray(b) for b in world.start.feedback]
        carried = ([jnp.asarray(w) for w in weights], back, theta)
        return jax.lax.scan(step, carried, samples)[0][0]

    return run


def close(a: Any, b: Any, tolerance: float) -> None:
    a, b = np.asarray(a), np.asarray(b)
    assert np.abs(a - b).max() <= tolerance * np.abs(b).max()


FEEDBACKS = [
    "fixed",
    "symmetric",
    "attached",
    "dfa",
    "sign-symmetric",
    "kolen-pollack",
    "weight-mirror",
    "information",
]


@pytest.mark.parametrize("feedback", FEEDBACKS)
def test_a_node_agrees_with_a_plain_scan(feedback: str) -> None:
    world = World(feedback)
    node, scan = mj.learn(world.rule, world.network), plain(world, feedback)
    theta, weights = jnp.asarray(world.theta), [jnp.asarray(w) for w in world.start.weights]

    def by_node(theta: Any, weights: Any) -> Any:
        return node(theta, world.start.replace(weights=weights), world.x, world.y)

    def value(function: Any) -> Any:
        def product(theta: Any, weights: Any) -> Any:
            return sum((w * c).sum() for w, c in zip(function(theta, weights), world.cotangents))

        return product

    for a, b in zip(by_node(theta, weights), scan(theta, weights)):
        close(a, b, 1e-10)
    ours = jax.grad(value(by_node), argnums=(0, 1))(theta, weights)
    theirs = jax.grad(value(scan), argnums=(0, 1))(theta, weights)
    close(ours[0], theirs[0], 1e-10)
    for a, b in zip(ours[1], theirs[1]):
        close(a, b, 1e-10)


def test_jit_and_vmap_give_the_same() -> None:
    world = World()
    node = mj.loss(world.rule, world.network)
    thetas = jnp.stack([jnp.asarray(world.theta) * k for k in (0.5, 1.0, 1.5)])

    def value(theta: Any) -> Any:
        return node(theta, world.start, world.task)

    one_by_one = [jax.value_and_grad(value)(theta) for theta in thetas]
    values, slopes = jax.jit(jax.vmap(jax.value_and_grad(value)))(thetas)
    for k, (expected, slope) in enumerate(one_by_one):
        assert values[k] == expected
        np.testing.assert_array_equal(slopes[k], slope)
    outcome = mp.value_and_grad(world.rule, world.network, world.start, world.task)
    assert one_by_one[1][0] == pytest.approx(outcome.loss, rel=1e-14)
    np.testing.assert_allclose(one_by_one[1][1], outcome.gradient, rtol=1e-12)


def test_losses_are_differentiated_by_the_first_weights() -> None:
    world = World()
    node = mj.loss(world.rule, world.network)

    def value(weights: Any) -> Any:
        return node(world.theta, world.start.replace(weights=weights), world.task)

    slopes = jax.grad(value)([jnp.asarray(w) for w in world.start.weights])
    h, direction = 1e-6, [np.cos(np.arange(w.size)).reshape(w.shape) for w in world.start.weights]
    ends = [
        float(value([w + s * h * d for w, d in zip(world.start.weights, direction)])) for s in (1, -1)
    ]
    expected = (ends[0] - ends[1]) / (2 * h)
    found = float(sum((s * d).sum() for s, d in zip(slopes, direction)))
    assert found == pytest.approx(expected, rel=1e-6)


def test_the_derivative_by_theta_is_the_same_where_nobody_asks_for_the_weights() -> None:
    world = World()
    x, y, weights = world.x, world.y, [jnp.asarray(w) for w in world.start.weights]
    loss, learn = mj.loss(world.rule, world.network), mj.learn(world.rule, world.network)

    def by_loss(theta: Any, weights: Any) -> Any:
        return loss(theta, world.start.replace(weights=weights), world.task)

    def by_learn(theta: Any, weights: Any) -> Any:
        # The first layer alone is looked at: the others' cotangents are zeros that JAX knows of.
        return (learn(theta, world.start.replace(weights=weights), x, y)[0] ** 2).sum()

    for value in (by_loss, by_learn):
        alone = jax.jit(jax.grad(value))(jnp.asarray(world.theta), weights)
        both = jax.grad(value, argnums=(0, 1))(jnp.asarray(world.theta), weights)
        np.testing.assert_array_equal(alone, both[0])
        assert [w.shape for w in both[1]] == [w.shape for w in weights]
        assert all(bool(jnp.abs(w).sum() > 0) for w in both[1][:1])


def test_what_would_need_more_derivatives_is_refused() -> None:
    world = World()
    node = mj.loss(world.rule, world.network)
    with pytest.raises(Exception, match="jvp|forward-mode|differentiat"):
        jax.jvp(
            lambda theta: node(theta, world.start, world.task),
            (jnp.asarray(world.theta),),
            (jnp.ones(10),),
        )
    with pytest.raises(Exception, match="(?i)jvp|forward-mode|differentiat"):
        jax.hessian(lambda theta: node(theta, world.start, world.task))(jnp.asarray(world.theta))


def test_errors_come_through() -> None:
    world = World()
    node = mj.learn(world.rule, world.network)
    with pytest.raises(Exception, match="(?s)support label [78] at place 0"):
        jax.block_until_ready(node(world.theta, world.start, world.x, world.y + 7))


FIRST_CALL = """
import time, jax, numpy as np, metaplast as mp, metaplast.jax as mj
network, rule = mp.Network.paper(), mp.Rule.preset("bio").with_theta([0.01, -0.04, 0.005])
task = mp.Tasks(mp.glyphs(per_class=80)).sample(seed=1)
start, theta = network.start(seed=1), jax.numpy.asarray(rule.theta, dtype="float32")
node = jax.jit(jax.value_and_grad(lambda theta: mj.loss(rule, network)(theta, start, task)))
jax.block_until_ready(jax.numpy.zeros(3) + theta)
times = []
for _ in range(3):
    begun = time.process_time()
    jax.block_until_ready(node(theta))
    times.append(time.process_time() - begun)
print(times[0] - min(times[1:]))
"""


def test_the_first_call_of_a_node_compiles_little() -> None:
    """What the first call of 250 steps costs beyond later ones, in CPU seconds, which other work does not
    change."""
    done = subprocess.run(
        [sys.executable, "-c", FIRST_CALL], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) <= 2.0
