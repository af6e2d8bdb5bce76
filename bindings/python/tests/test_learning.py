"""Final weights and their exact derivatives."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from conftest import World

import metaplast as mp


def inner(a: list[np.ndarray], b: list[np.ndarray]) -> float:
    return float(sum((x * y).sum() for x, y in zip(a, b)))


@pytest.mark.parametrize("feedback", [f for f in mp.Network.feedbacks() if f != "symmetric"])
def test_products_are_those_of_finite_differences(feedback: str) -> None:
    """Detached symmetric feedback leaves a part of the derivative out, on purpose."""
    world = World(feedback)
    random = np.random.default_rng(1)

    def value(theta: np.ndarray, weights: list[np.ndarray]) -> float:
        start = world.start.replace(weights=weights)
        final = mp.learn(world.rule.with_theta(theta), world.network, start, world.x, world.y)
        return inner(final, world.cotangents)

    if feedback.startswith(("strict", "fixed-prediction", "predictive")) and "strict" in feedback:
        pytest.skip("the inference is not differentiated")
    by_theta, by_weights = mp.learn_vjp(
        world.rule, world.network, world.start, world.x, world.y, world.cotangents
    )
    weights, h = world.start.weights, 1e-6
    for r in range(10):
        step = h * np.eye(10)[r]
        slope = (value(world.theta + step, weights) - value(world.theta - step, weights)) / (2 * h)
        assert by_theta[r] == pytest.approx(slope, rel=1e-6, abs=1e-8)
    direction = [random.standard_normal(w.shape) for w in weights]
    moved = [[w + s * h * d for w, d in zip(weights, direction)] for s in (1, -1)]
    slope = (value(world.theta, moved[0]) - value(world.theta, moved[1])) / (2 * h)
    assert inner(by_weights, direction) == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_an_episode_is_the_same_by_every_way() -> None:
    world = World()
    arguments = (world.rule, world.network, world.start, world.task)
    outcome = mp.value_and_grad(*arguments, diagnostics=True)
    assert outcome.diagnostics is not None
    assert outcome.diagnostics.angles.shape == (4,)
    for keywords in ({"gradient": "forward"}, {"memory": "26kB"}):
        other = mp.value_and_grad(*arguments, **keywords)
        assert other.loss == pytest.approx(outcome.loss, rel=1e-12)
        np.testing.assert_allclose(other.gradient, outcome.gradient, rtol=1e-9)
    bio = (mp.Rule.preset("bio").with_theta([1e-2, -1e-2, 1e-3]), *arguments[1:])
    by_weights = mp.value_and_grad(*bio)
    by_gram = mp.value_and_grad(*bio, gradient="gram")
    assert by_gram.loss == pytest.approx(by_weights.loss, rel=1e-9)
    np.testing.assert_allclose(by_gram.gradient, by_weights.gradient, rtol=1e-7)
    curve = mp.simulate(*arguments, every=7)
    assert curve.loss[-1] == outcome.loss and curve.step.tolist() == [0, 7, 14]
    final = mp.learn(world.rule, world.network, world.start, world.x, world.y)
    for a, b in zip(final, curve.weights):
        np.testing.assert_array_equal(a, b)


def test_estimates_of_evolution_follow_from_the_seed() -> None:
    world = World()
    arguments = (world.rule, world.network, world.start, world.task)
    first = mp.value_and_grad(*arguments, gradient="es:4")
    assert (mp.value_and_grad(*arguments, gradient="es:4").gradient == first.gradient).all()


def test_both_dtypes_start_from_the_same_numbers() -> None:
    network = mp.Network([6, 5, 4])
    single, double = (network.start(2, dtype=kind) for kind in ("float32", "float64"))
    for a, b in zip(single.weights + single.feedback, double.weights + double.feedback):
        np.testing.assert_array_equal(a.astype(np.float64), b)
    assert single.seed == double.seed


def test_a_rule_has_coefficients_of_its_own_for_each_layer() -> None:
    world = World()
    rule = mp.Rule(["F2", "F0"], [[1e-2, 2e-2, 3e-2], [4e-2, 5e-2, 6e-2]], per_layer=3)
    assert rule.names[:4] == ("F0_l1", "F0_l2", "F0_l3", "F2_l1")
    assert rule.theta.tolist() == [4e-2, 5e-2, 6e-2, 1e-2, 2e-2, 3e-2]
    outcome = mp.value_and_grad(rule, world.network, world.start, world.task)
    assert outcome.gradient.shape == (6,)
    with pytest.raises(ValueError, match="coefficients for 2 layers"):
        two = mp.Rule("F0", [0.1], per_layer=2)
        mp.value_and_grad(two, world.network, world.start, world.task)


def test_mixed_dtypes_are_refused() -> None:
    network = mp.Network([4, 3])
    single, double = (network.start(1, dtype=kind) for kind in ("float32", "float64"))
    rule, x, y = mp.Rule("F0", [0.1]), np.eye(4), [0, 1, 2, 0]
    with pytest.raises(TypeError, match="float64, but the weights are of float32"):
        mp.learn(rule, network, single, x, y)
    with pytest.raises(TypeError, match="feedback: of float64"):
        mp.learn(rule, network, single.replace(feedback=double.feedback), x.astype("f4"), y)
    with pytest.raises(TypeError, match="float16"):
        half = single.replace(weights=[w.astype("f2") for w in single.weights])
        mp.learn(rule, network, half, x, y)
    # What loses no digit is taken.
    assert mp.learn(rule, network, double, x.astype("f4"), y)[0].dtype == np.float64


def test_a_divergence_says_where() -> None:
    world = World()
    with pytest.raises(mp.DivergedError) as caught:
        wild = world.rule.with_theta([1e8] * 10)
        mp.value_and_grad(wild, world.network, world.start, world.task)
    assert caught.value.step == 0 and caught.value.layer in (1, 2, 3)
    assert caught.value.term in wild.names and caught.value.episode is None


def test_results_are_plain_arrays() -> None:
    world = World()
    final = mp.learn(world.rule, world.network, world.start, world.x, world.y)[0]
    assert final.flags.c_contiguous and final.flags.writeable
    assert np.from_dlpack(final).shape == (6, 5)


def test_a_tensor_of_a_gpu_is_refused() -> None:
    class Device:
        type = "cuda"

    class Tensor:
        device = Device()

    world = World()
    with pytest.raises(TypeError, match=r"give x\.cpu\(\)"):
        mp.learn(world.rule, world.network, world.start, Tensor(), world.y)


def test_a_rule_that_remembers_learns_and_has_exact_gradients() -> None:
    remember = "m = m + k * (y .* y - m)"
    rule = mp.Rule(["F0", "bcm = y .* (y - m) * y_pre^T"], [0.05, 0.02], remember=remember)
    assert rule.names == ("F0", "bcm", "k")
    assert rule == mp.Rule(["F0", "bcm = y .* (y - m) * y_pre^T"], [0.05, 0.02, 0.1], remember=remember)
    assert pickle.loads(pickle.dumps(rule)) == rule
    network = mp.Network([4, 3])
    start = network.start(seed=1, dtype="float64")
    x, y = np.random.default_rng(1).random((12, 4)), np.arange(12) % 3

    # The same by hand: one layer, softmax outputs.
    w, m = start.weights[0].copy(), np.zeros(3)
    for image, label in zip(x, y, strict=True):
        z = w @ image
        out = np.exp(z - z.max())
        out /= out.sum()
        m += 0.1 * (out * out - m)
        error = out - np.eye(3)[label]
        w += -0.05 * np.outer(error, image) + 0.02 * np.outer(out * (out - m), image)
    learned = mp.learn(rule, network, start, x, y)[0]
    np.testing.assert_allclose(learned, w, rtol=1e-12, atol=1e-14)

    with pytest.raises(ValueError, match="cannot add"):
        mp.Rule("F0", remember="m = y + y_pre")


def test_gradients_of_kernels_are_those_of_finite_differences() -> None:
    network = mp.Network("6x6x1 conv3x2 pool2 3")
    rule = mp.Rule(["F0", "F9"], [0.05, 0.01])
    random = np.random.default_rng(5)
    task = mp.Task(
        random.random((8, 36)), np.arange(8) % 3, random.random((5, 36)), np.arange(5) % 3
    )
    start = network.start(1, dtype="float64")
    assert [w.shape for w in start.weights] == [(2, 9), (3, 8)]
    outcome = mp.value_and_grad(rule, network, start, task)
    h = 1e-6
    for k in range(2):
        ends = [
            mp.value_and_grad(rule.with_theta(rule.theta + s * h * np.eye(2)[k]), network, start, task)
            for s in (1, -1)
        ]
        slope = (ends[0].loss - ends[1].loss) / (2 * h)
        assert outcome.gradient[k] == pytest.approx(slope, rel=1e-6)
