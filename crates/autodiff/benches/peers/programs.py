"""The programs of `programs.rs` in PyTorch and in JAX, in turns with ours.

    python programs.py [--jax PYTHON] [--torch PYTHON] [--rounds 21] [--processor 0] [PROGRAM ...]

The transformer block and the convolutional net are measured beside PyTorch, the neural differential
equation beside JAX, in Python interpreters that have them (by default the one that runs this). All
sides compute the same from the same numbers: the losses of the first three steps (of the equation,
loss and size of the gradient) are compared before anything is measured. Then the sides take turns, a
step each, on one processor, so that what else the machine does falls on all alike. Where the system
tells it (`/proc`), the time is what the processor spent on a side's threads.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PEERS = {"transformer": "torch", "convolutional_net": "torch", "neural_ode": "jax"}
TOLERANCE = {"torch": 1e-4, "jax": 1e-8}

BATCH, TIME, WIDTH, HEADS, LETTERS = 16, 64, 64, 4, 32
STEPS, EVERY = 100_000, 1000


class Numbers:
    """The generator of `programs.rs`."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1) % 2**64
        return (self.state >> 40) / 2**24

    def array(self, shape, size):
        import numpy

        flat = [size * (2 * self.next() - 1) for _ in range(math.prod(shape))]
        return numpy.array(flat).reshape(shape)

    def whole(self, count, most):
        return [int(self.next() * most) for _ in range(count)]


def training(weights, rate, loss):
    """Steps of Adam in PyTorch."""
    import torch

    torch.set_num_threads(1)
    weights = [torch.tensor(w, dtype=torch.float32, requires_grad=True) for w in weights]
    adam = torch.optim.Adam(weights, lr=rate)

    def step():
        adam.zero_grad(set_to_none=True)
        value = loss(weights)
        value.backward()
        adam.step()
        return value.item()

    return step


def transformer():
    import torch
    import torch.nn.functional as F

    numbers, d = Numbers(1), WIDTH
    shapes = [[LETTERS, d], [TIME, d], *[[d, d]] * 4, [d, 4 * d], [4 * d, d], [d, LETTERS]]
    weights = [numbers.array(shape, (3 / d) ** 0.5) for shape in shapes]
    tokens, targets = (
        torch.tensor(numbers.whole(BATCH * TIME, LETTERS)) for _ in range(2)
    )
    later = torch.triu(torch.full([TIME, TIME], -1e9), 1)

    def norm(x):
        return F.layer_norm(x, [d], eps=1e-5)

    def split(x):
        return x.view(BATCH, TIME, HEADS, d // HEADS).transpose(1, 2)

    def loss(w):
        x = w[0][tokens].view(BATCH, TIME, d) + w[1]
        h = norm(x)
        q, k, v = (split(h @ w[i]) for i in (2, 3, 4))
        scores = q @ k.transpose(2, 3) / (d // HEADS) ** 0.5
        read = torch.softmax(scores + later, 3) @ v
        x = x + read.transpose(1, 2).reshape(BATCH, TIME, d) @ w[5]
        x = x + F.gelu(norm(x) @ w[6], approximate="tanh") @ w[7]
        return F.cross_entropy((norm(x) @ w[8]).view(-1, LETTERS), targets)

    return training(weights, 3e-3, loss)


def convolutional_net():
    import torch
    import torch.nn.functional as F

    numbers, batch = Numbers(2), 64
    shapes = [[6, 1, 5, 5], [6], [16, 6, 5, 5], [16]]
    shapes += [[256, 120], [120], [120, 84], [84], [84, 10], [10]]
    weights = [numbers.array(shape, 0.1) for shape in shapes]
    images = torch.tensor(numbers.array([batch, 1, 28, 28], 1), dtype=torch.float32)
    classes = torch.tensor(numbers.whole(batch, 10))

    def loss(w):
        x = F.max_pool2d(torch.relu(F.conv2d(images, w[0], w[1])), 2)
        x = F.max_pool2d(torch.relu(F.conv2d(x, w[2], w[3])), 2)
        x = torch.relu(x.flatten(1) @ w[4] + w[5])
        x = torch.relu(x @ w[6] + w[7]) @ w[8] + w[9]
        return F.cross_entropy(x, classes)

    return training(weights, 1e-3, loss)


def neural_ode():
    import jax
    import jax.numpy as np

    jax.config.update("jax_enable_x64", True)
    numbers = Numbers(3)
    w = [np.array(numbers.array(shape, 0.5)) for shape in ([16, 2], [16], [2, 16])]
    data = np.array(numbers.array([STEPS // EVERY, 2], 1))
    h = 5 / STEPS

    def loss(w, data):
        def f(y):
            return w[2] @ np.tanh(w[0] @ y + w[1])

        def rk4(y, _):
            k1 = f(y)
            k2 = f(y + k1 * (0.5 * h))
            k3 = f(y + k2 * (0.5 * h))
            k4 = f(y + k3 * h)
            return y + (k1 + (k2 + k3) * 2 + k4) * (h / 6), None

        @jax.checkpoint
        def thousand(y, there):
            y, _ = jax.lax.scan(rk4, y, length=EVERY)
            return y, ((y - there) ** 2).sum()

        return jax.lax.scan(thousand, np.array([1.0, 0.0]), data)[1].sum()

    both = jax.jit(jax.value_and_grad(loss))

    def step():
        value, gradients = both(w, data)
        return float(value + sum((g**2).sum() for g in gradients) ** 0.5)

    return step


def serve(step):
    print(*(step() for _ in range(3)), flush=True)
    for _ in sys.stdin:
        step()
        print("done", flush=True)


class Side:
    """A program that has run three steps and runs another each time it is asked."""

    def __init__(self, command, processor):
        pinned = ["taskset", "-c", processor] if shutil.which("taskset") else []
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        # Page faults are dear: the allocators shall keep what they have.
        keep = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1"}
        jax = {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
        environment = os.environ | threads | keep | jax
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(pinned + command, env=environment, **pipes)
        self.losses = [float(x) for x in self.process.stdout.readline().split()]
        self.times = []

    def clock(self):
        """Milliseconds of the processor, or of the wall."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        spent = sum(int(thread.read_text().split()[0]) for thread in threads)
        return spent / 1e6 if spent else 1e3 * time.perf_counter()

    def turn(self):
        begin = self.clock()
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        self.process.stdout.readline()
        self.times.append(self.clock() - begin)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def build():
    """Builds our side and returns its program."""
    command = ["cargo", "bench", "-p", "metaplast-autodiff", "--bench", "programs"]
    command += ["--no-run", "--message-format=json"]
    output = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in output.stdout.splitlines()]
    found = [m["executable"] for m in messages if m.get("executable")]
    return found[-1]


def compare(ours, python, name, rounds, processor):
    sides = [
        Side([ours, "--serve", name], processor),
        Side([python, str(HERE / Path(__file__).name), "--serve", name], processor),
    ]
    for a, b in zip(sides[0].losses, sides[1].losses):
        if not abs(a - b) <= TOLERANCE[PEERS[name]] * abs(b):
            raise SystemExit(f"{name}: {sides[0].losses} here, {sides[1].losses} there")
    for _ in range(rounds):
        for side in sides:
            side.turn()
    times = [side.times for side in sides]
    median = [statistics.median(t) for t in times]
    best = [min(t) for t in times]
    # Paired by round: a slow moment of the machine slows both.
    ratio = statistics.median(a / b for a, b in zip(*times))
    print(
        f"{name:18} {median[0]:9.2f} {median[1]:9.2f} {best[0]:9.2f} {best[1]:9.2f}"
        f" {ratio:7.2f} {best[0] / best[1]:7.2f}",
        flush=True,
    )
    for side in sides:
        side.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", default=list(PEERS))
    parser.add_argument("--torch", default=sys.executable, help="a Python with PyTorch")
    parser.add_argument("--jax", default=sys.executable, help="a Python with JAX")
    parser.add_argument("--ours", help="our program, if it is built already")
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--processor", default="0")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(globals()[arguments.serve]())
    ours = arguments.ours or build()
    print("ms a step: medians, ours and theirs; fastest, ours and theirs; ratio of both")
    for name in arguments.programs:
        python = getattr(arguments, PEERS[name])
        compare(ours, python, name, arguments.rounds, arguments.processor)


main()
