"""Pickling, and processes that are forked or spawned after use."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import World

import metaplast as mp
from metaplast import cluster

WATCHDOG = 30


def gradient(world_seed: int) -> list[float]:
    world = World("weight-mirror", world_seed)
    outcome = mp.value_and_grad(world.rule, world.network, world.start, world.task)
    return outcome.gradient.tolist()


def training(settings: dict[str, Any]) -> list[float]:
    loss, accuracy, slopes, *_ = cluster.episode(settings, [1e-3, 0.0, 0.0], 0, 1)
    return [loss, accuracy, *(slopes or [])]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_other_processes_give_the_same_bits(method: str, small: dict[str, Any]) -> None:
    here = [gradient(3), training(small)]
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        there = [pool.apply_async(gradient, (3,)), pool.apply_async(training, (small,))]
        assert [found.get(WATCHDOG) for found in there] == here


def test_threads_give_the_same_bits() -> None:
    expected, found = gradient(3), {}
    threads = [
        threading.Thread(target=lambda k=k: found.setdefault(k, gradient(3))) for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WATCHDOG)
    assert found == dict.fromkeys(range(4), expected)


def test_objects_are_pickled() -> None:
    rule = mp.Rule(["F0", "hebb = y * y_pre^T - 0.1 * W"], [0.1, 0.2])
    layered = mp.Rule("F0", [[0.1, 0.2]], per_layer=2)
    network = mp.Network([784, 5, 47], feedback="information(rho=2)", beta=3.0, init_scale=0.5)
    for value in (rule, layered, network):
        for other in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
            assert other == value and hash(other) == hash(value) and repr(other) == repr(value)
    tasks = mp.Tasks(mp.glyphs(per_class=4), ways=2, shots=2, queries=1)
    assert len(pickle.dumps(tasks)) < 1000
    own = mp.Tasks(mp.Dataset(np.eye(8, dtype="f4"), np.arange(8) % 2), 2, 2, 1)
    for value in (tasks, own):
        first, second = value.sample(7), pickle.loads(pickle.dumps(value)).sample(7)
        np.testing.assert_array_equal(first.support_x, second.support_x)
        again = pickle.loads(pickle.dumps(first))
        np.testing.assert_array_equal(first.query_y, again.query_y)
    start = pickle.loads(pickle.dumps(network.start(1)))
    np.testing.assert_array_equal(start.weights[0], network.start(1).weights[0])


def test_kernels_activations_and_delays_are_pickled_too(tmp_path: Path) -> None:
    network = mp.Network("6x6x1 conv3x2 pool2 3", activation="tanh")
    mp.Rule("F0").save(tmp_path / "kernels.toml", network)
    rule = mp.Rule.preset("reinforce-trace").with_reward_delay(3)
    rule.save(tmp_path / "rule.toml")
    read = mp.Network.load(tmp_path / "kernels.toml"), mp.Rule.load(tmp_path)
    for value, stored in zip((network, rule), read):
        for other in (pickle.loads(pickle.dumps(value)), stored):
            assert other == value and hash(other) == hash(value) and repr(other) == repr(value)
    assert network.words == "6x6x1 conv3x2 pool2 3" and network.activation == "tanh"
    assert network != mp.Network(network.sizes, activation="tanh")
    assert read[1].reward_delay == 3 and rule != mp.Rule.preset("reinforce-trace")
    with pytest.raises(ValueError, match="reads `reward`"):
        mp.Rule("F0").with_reward_delay(1)
