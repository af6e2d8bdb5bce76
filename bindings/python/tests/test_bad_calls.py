"""Random bad calls: an exception that says what is wrong, or a result; never a panic or a crash."""

from __future__ import annotations

import os
import random
from typing import Any

import numpy as np
from conftest import World

import metaplast as mp

CALLS = int(os.environ.get("METAPLAST_BAD_CALLS", "4000"))
ALLOWED = (ValueError, TypeError, OSError, mp.DivergedError)


def odd(r: random.Random) -> Any:
    """Something that is seldom right."""
    return r.choice(
        [
            None,
            0,
            -1,
            1,
            2**63,
            2**64,
            10**30,
            0.5,
            float("nan"),
            float("inf"),
            -1e308,
            "",
            "F0",
            "reverse",
            "es:1",
            "truncated:1",
            "1kB",
            "\x00",
            b"bytes",
            True,
            [],
            [[]],
            [1, [2]],
            {},
            object(),
            np.zeros(0),
            np.zeros((0, 5)),
            np.zeros((2, 3, 4)),
            np.float32(1.0),
            np.full((6, 5), np.nan),
            np.zeros((6, 5), dtype=np.float16),
            np.zeros((6, 5), dtype=complex),
            np.array(["a"]),
            np.array([2**63], dtype=np.uint64),
        ]
    )


def damaged(array: Any, r: random.Random) -> Any:
    """Another shape, type, order or value."""
    array = np.asarray(array)
    if array.ndim == 0 or array.dtype == object:
        return odd(r)
    kind = r.randrange(8)
    if kind == 0:
        return array.T
    if kind == 1:
        return array[..., :-1]
    if kind == 2:
        return array.astype(r.choice(["f4", "f8", "f2", "i4", "u1", "?", "c16", "O"]))
    if kind == 3:
        return array * r.choice([np.inf, np.nan, 1e300, -1])
    if kind == 4:
        return np.asfortranarray(array)[::-1]
    if kind == 5:
        return array[None]
    if kind == 6:
        return array.tolist()
    return odd(r)


def maybe(value: Any, r: random.Random, chance: float = 0.3) -> Any:
    if r.random() >= chance:
        return value
    if isinstance(value, list) and value and r.random() < 0.8:
        at = r.randrange(len(value))
        return [damaged(v, r) if k == at else v for k, v in enumerate(value)]
    if isinstance(value, np.ndarray) and r.random() < 0.8:
        return damaged(value, r)
    if isinstance(value, list) and r.random() < 0.5:
        return value[:-1]
    return odd(r)


def call(r: random.Random, worlds: list[World]) -> None:
    world = r.choice(worlds)
    start = mp.Start(
        maybe(world.start.weights, r), maybe(world.start.feedback, r), maybe(world.start.seed, r)
    )
    task = mp.Task(*(maybe(v, r) for v in (world.x, world.y, world.task.query_x, world.task.query_y)))
    kind = r.randrange(10)
    if kind == 0:
        texts = ["F0", "F3", "9", "f2", "hebb = y * y_pre^T", "x = y", "= W", "a = b", "F11", "y"]
        terms = maybe([r.choice(texts) for _ in range(r.randrange(4))], r)
        rule = mp.Rule(terms, maybe([0.1] * r.randrange(4), r), per_layer=maybe(None, r))
        rule.with_theta(maybe(rule.theta, r))
    elif kind == 1:
        network = mp.Network(
            maybe([r.randrange(-1, 9) for _ in range(r.randrange(5))], r),
            feedback=maybe(r.choice(mp.Network.feedbacks()), r),
            beta=maybe(10.0, r),
            output=maybe("softmax", r),
            init_scale=maybe(1.0, r),
        )
        network.start(maybe(1, r), maybe(0, r), maybe(0, r), maybe("float64", r))
    elif kind == 2:
        dataset = mp.Dataset(
            maybe(np.zeros((12, 5), dtype=np.float32), r), maybe(np.arange(12) % 3, r)
        )
        tasks = mp.Tasks(
            dataset, maybe(2, r), maybe(2, r), maybe(1, r), classes=maybe([0, 1], r),
            sampling=maybe("fresh", r),
        )
        tasks.sample(maybe(1, r), maybe(0, r), maybe(0, r))
    elif kind in (3, 4, 5):
        steps = maybe(r.choice([None, 0, 3, 40]), r, 0.1)
        if isinstance(steps, float) or steps in (2**63, 10**30) or steps is True:
            steps = 3
        rule = world.rule if r.random() < 0.8 else mp.Rule("F0", [0.1] * 2, per_layer=2)
        arguments = (rule, world.network, start, task.support_x, task.support_y)
        if kind == 3:
            mp.learn(*arguments, steps=steps)
        else:
            mp.learn_vjp(*arguments, maybe(world.cotangents, r), steps=steps)
    elif kind in (6, 7):
        mp.value_and_grad(
            world.rule.with_theta(world.theta * r.choice([1, 1, 0, 1e9, -1e3])),
            world.network,
            start,
            task,
            gradient=maybe(r.choice(["reverse", "gram", "forward", "truncated:3"]), r, 0.2),
            memory=maybe(None, r, 0.2),
            diagnostics=r.random() < 0.5,
        )
    elif kind == 8:
        mp.simulate(world.rule, world.network, start, task, every=maybe(3, r))
    else:
        which = maybe(world.rule, r, 0.2), maybe(world.network, r, 0.2)
        mp.learn(*which, maybe(start, r, 0.2), world.x, world.y)


def test_bad_calls_are_exceptions() -> None:
    r = random.Random(int(os.environ.get("METAPLAST_BAD_CALLS_SEED", "1")))
    worlds = [World(feedback, n=6) for feedback in mp.Network.feedbacks()]
    refused = 0
    with np.errstate(all="ignore"):
        for number in range(CALLS):
            try:
                call(r, worlds)
            except ALLOWED:
                refused += 1
            except BaseException as error:
                raise AssertionError(f"call {number}: {type(error).__name__}: {error}") from error
    assert refused > CALLS // 4
