"""Prints what a call costs, how threads and JAX's nodes do, and how soon an interruption is heard.

usage: python bindings/python/benches/figures.py [EPISODES] [PEER]

PEER is the program that `cargo bench --bench peer --no-run` builds and names, whose episode takes turns with
the same one through Python.

Times are CPU seconds of the process, medians of differences and ratios by round, at the size of the paper's
network: 784-170-130-100-70-47, 250 steps, 50 queries, float32, the rule bio. On a busy machine only ratios of runs that take turns mean
anything; threads and PEER are told by wall-clock time.
"""

from __future__ import annotations

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np

import metaplast as mp
from metaplast import _metaplast
from metaplast.episodes import _judged

N = int(sys.argv[1]) if len(sys.argv) > 1 else 15
PEER = sys.argv[2] if len(sys.argv) > 2 else None

network = mp.Network.paper()
rule = mp.Rule.preset("bio").with_theta([0.012994, -0.044366, 0.0052458])
task = mp.Tasks(mp.glyphs(per_class=80)).sample(seed=1)
start = network.start(seed=1)


def cpu(*functions: Callable[[], object]) -> list[list[float]]:
    """CPU seconds of functions that take turns, a list for each."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(N):
        for function, own in zip(functions, times):
            begun = time.process_time()
            function()
            own.append(time.process_time() - begun)
    return times


def ratio(times: list[float], base: list[float]) -> float:
    """The median over rounds."""
    return statistics.median(own / other for own, other in zip(times, base))


def episode() -> None:
    mp.value_and_grad(rule, network, start, task)


rule_, network_, arrays, support, query, _ = _judged(rule, network, start, task, 0)


def nothing() -> None:
    """The same call without a step and without a gradient: arrays in, and a score of the query set."""
    _metaplast.score(_judged(rule, network, start, task, 0))


def scored() -> None:
    """What of it is no overhead: the score of the query set alone, one support sample being copied."""
    few = support[0][:1], support[1][:1]
    _metaplast.score((rule_, network_, arrays, few, query, 0))


episode()
whole, idle, least = cpu(episode, nothing, scored)
print(f"paper episode with gradient: {1e3 * statistics.median(whole):.1f} ms CPU")
arrays_in = statistics.median(a - b for a, b in zip(idle, least))
print(f"arrays of the support set in, beside it: {1e3 * arrays_in:.2f} ms CPU")
tiny, few = mp.Network([4, 3]), np.eye(4, dtype=np.float32)
tiny_start, tiny_rule = tiny.start(1), mp.Rule("F0", [0.1])
calls = 2000
begun = time.process_time()
for _ in range(calls):
    mp.learn(tiny_rule, tiny, tiny_start, few, [0, 1, 2, 0])
print(f"learn on a 4-3 net, four steps: {1e6 * (time.process_time() - begun) / calls:.0f} µs CPU")


def beside_rust(program: str) -> float:
    """How many times longer an episode with gradient takes through Python, the median of rounds of one each."""
    with tempfile.TemporaryDirectory() as place:
        command = [program, "--bench", "--rule", "bio", "--ink", "33", "--write", place + "/input.npz", "--serve"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert server.stdin is not None and server.stdout is not None
        expected = json.loads(server.stdout.readline())
        given = np.load(place + "/input.npz")
    layers = range(1, 6)
    begin = mp.Start([given[f"W{l}"] for l in layers], [given[f"B{l}"] for l in layers])
    numbers = {key: given[key].astype(np.int64) for key in ("labels", "labels_q")}
    same = mp.Task(given["x"], numbers["labels"], given["xq"], numbers["labels_q"])
    served = mp.Rule.preset("bio").with_theta(given["theta"].tolist())
    found = mp.value_and_grad(served, network, begin, same)
    assert found.loss == expected["loss"], (found.loss, expected)
    ratios = []
    for _ in range(3 * N):
        server.stdin.write("gradient\n")
        server.stdin.flush()
        rust = float(server.stdout.readline())
        begun = time.perf_counter()
        mp.value_and_grad(served, network, begin, same)
        ratios.append(1e3 * (time.perf_counter() - begun) / rust)
    server.communicate()
    return statistics.median(ratios)


if PEER is not None:
    print(f"the same episode as a program in Rust: {beside_rust(PEER):.3f} times as long")


def wall(threads: int, episodes: int = 16) -> float:
    def work() -> None:
        for _ in range(episodes // threads):
            episode()

    pool = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.monotonic()
    for thread in pool:
        thread.start()
    for thread in pool:
        thread.join()
    return time.monotonic() - begun


faster = [wall(1) / wall(2) for _ in range(max(3, N // 3))]
print(f"two threads: {max(faster):.2f} times as fast as one at best, {statistics.median(faster):.2f} in the median")

try:
    import jax
    import jax.numpy as jnp

    import metaplast.jax as mj
except ImportError:
    print("JAX skipped: not installed")
else:
    theta = jnp.asarray(rule.theta, dtype=jnp.float32)
    like = [jnp.asarray(w) for w in start.weights]
    loss, learn = mj.loss(rule, network), mj.learn(rule, network)

    @jax.jit
    def by_loss(theta: object) -> object:
        return jax.value_and_grad(loss)(theta, start, task)

    def final_loss(theta: object) -> object:
        weights = learn(theta, start, task.support_x, task.support_y)
        y = jnp.asarray(task.query_x)
        for w in weights[:-1]:
            y = jax.nn.softplus(10.0 * y @ w.T) / 10.0
        logits = jax.nn.log_softmax(y @ weights[-1].T)
        return -jnp.take_along_axis(logits, jnp.asarray(task.query_y)[:, None], 1).mean()

    by_learn = jax.jit(jax.value_and_grad(final_loss))
    begun = time.monotonic()
    jax.block_until_ready(by_loss(theta))
    print(f"first call of a jitted node: {time.monotonic() - begun:.2f} s")
    jax.block_until_ready(by_learn(theta))
    base, one, two = cpu(
        episode,
        lambda: jax.block_until_ready(by_loss(theta)),
        lambda: jax.block_until_ready(by_learn(theta)),
    )
    print(f"jax.loss with gradient: {ratio(one, base):.2f} times value_and_grad")
    print(f"jax.learn, a loss of JAX's and its gradient: {ratio(two, base):.2f} times value_and_grad")

LOOP = """
import signal, sys, time, metaplast as mp
signal.signal(signal.SIGINT, signal.default_int_handler)  # which what a shell has put behind ignores
try:
    for record in mp.Training(out=sys.argv[1], shots=10, episodes=100000):
        print(record.episode, flush=True)
except KeyboardInterrupt:
    print("ended", time.time(), flush=True)
"""
delays = []
for k in range(5):
    with tempfile.TemporaryDirectory() as place:
        process = subprocess.Popen(
            [sys.executable, "-c", LOOP, place + "/run"], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(3 + k):
            process.stdout.readline()
        sent = time.time()
        process.send_signal(signal.SIGINT)
        last = process.communicate()[0].split()[-2:]
        assert last[0] == "ended", last
        delays.append(float(last[1]) - sent)
print(f"Ctrl-C in a loop, until the checkpoint is written: {statistics.median(delays):.3f} s, {max(delays):.3f} s at most")
