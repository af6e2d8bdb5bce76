"""Runs episodes here and in JAX in alternation, and prints medians and ratios.

    python -m venv VENV && VENV/bin/pip install jax numpy
    VENV/bin/python benches/peers/compare.py [--rules bio,pool,fa] [--ink 33,18] [--rounds 15]

Both sides compute the same episode from the same file: weights, images, labels, coefficients. Each
variant is a process of its own that has compiled and run once before anything is measured; then
they take turns, one episode each a round, all on one processor, so that what else the machine does
falls on all alike. Losses and gradients are compared first; where they differ by more than
rounding, nothing is measured.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GRADIENTS = ["reverse", "checkpointed", "forward", "rewind"]
BY_GRAM = "metaplast, by Gram matrix"
# Loss absolute, gradient relative to its norm: 250 steps in f32.
TOLERANCES = 1e-3, 1e-2


def build(*options):
    """Builds our side, the bench `peer` (of a package, say), and returns its program."""
    command = ["cargo", "bench", *options, "--bench", "peer", "--no-run", "--message-format=json"]
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in output.stdout.splitlines()]
    found = [
        message["executable"]
        for message in messages
        if message.get("reason") == "compiler-artifact"
        and message["target"]["name"] == "peer"
        and message.get("executable")
    ]
    return found[-1]


class Side:
    """A program that has run one episode and runs another each time it is asked."""

    def __init__(self, command, processor, asks):
        pinned = ["taskset", "-c", str(processor)] if shutil.which("taskset") else []
        environment = os.environ | {
            # Page faults are dear: the allocator shall keep what it has.
            "MALLOC_MMAP_MAX_": "0",
            "MALLOC_TRIM_THRESHOLD_": "-1",
            "OMP_NUM_THREADS": "1",
            "JAX_PLATFORMS": "cpu",
        }
        self.asks = asks
        self.times = []
        self.process = subprocess.Popen(
            pinned + command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.answer = json.loads(self.process.stdout.readline())

    def turn(self):
        self.process.stdin.write(self.asks + "\n")
        self.process.stdin.flush()
        self.times.append(float(self.process.stdout.readline()))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def check(name, answer, ours):
    """Stops where the two sides compute different things."""
    loss, gradient = TOLERANCES
    if abs(answer["loss"] - ours["loss"]) > loss:
        raise SystemExit(f"{name}: loss {answer['loss']}, ours {ours['loss']}")
    if answer["gradient"] is None:
        return
    norm = sum(b * b for b in ours["gradient"]) ** 0.5
    apart = sum((a - b) ** 2 for a, b in zip(answer["gradient"], ours["gradient"])) ** 0.5
    if not apart <= gradient * norm:
        raise SystemExit(f"{name}: gradient {answer['gradient']}, ours {ours['gradient']}")


def compare(program, rule, ink, rounds, processor, path):
    ours = [program, "--rule", rule, "--ink", ink]
    subprocess.run([*ours, "--write", path], check=True)
    peer = [sys.executable, str(HERE / "jax_episode.py"), path]
    sides = {"metaplast, gradient": Side([*ours, "--serve"], processor, "gradient")}
    sides["metaplast, inner loop"] = Side([*ours, "--serve"], processor, "value")
    reference = sides["metaplast, gradient"].answer
    # The pool has terms that need the first layer's weights.
    if rule != "pool":
        by_gram = Side([*ours, "--gradient", "gram", "--serve"], processor, "gradient")
        check(BY_GRAM, by_gram.answer, reference)
        sides[BY_GRAM] = by_gram
    for variant in [*GRADIENTS, "inner"]:
        side = Side([*peer, variant], processor, "again")
        check(f"JAX, {variant}", side.answer, reference)
        sides[f"JAX, {variant}"] = side
    for _ in range(rounds):
        for side in sides.values():
            side.turn()
    print(f"\n{rule}, {ink}% ink, {rounds} rounds")
    print(f"{'':<26}{'median ms':>10}{'fastest':>10}{'ratio to ours':>15}")
    for name, side in sides.items():
        inner = name.endswith(("inner", "inner loop"))
        base = sides["metaplast, inner loop" if inner else "metaplast, gradient"]
        # Paired by round: a slow moment of the machine slows both.
        ratio = statistics.median(a / b for a, b in zip(side.times, base.times))
        median = statistics.median(side.times)
        print(f"{name:<26}{median:>10.1f}{min(side.times):>10.1f}{ratio:>15.2f}", flush=True)
        side.end()
    if BY_GRAM in sides:
        for name in ("JAX, rewind", "JAX, checkpointed"):
            ratios = (a / b for a, b in zip(sides[name].times, sides[BY_GRAM].times))
            print(f"{name} to {BY_GRAM}: {statistics.median(ratios):.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rules", default="bio,pool,fa", help="of bio, pool and fa")
    parser.add_argument("--ink", default="33,18", help="percent of pixels that are not zero")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processor", type=int, default=0)
    arguments = parser.parse_args()
    program = build()
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "input.npz")
        for ink in arguments.ink.split(","):
            for rule in arguments.rules.split(","):
                compare(program, rule, ink, arguments.rounds, arguments.processor, path)


if __name__ == "__main__":
    main()
