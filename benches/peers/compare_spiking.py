"""Trains a spiking network here and in JAX in alternation, and prints medians and ratios.

    python -m venv VENV && VENV/bin/pip install jax numpy
    VENV/bin/python benches/peers/compare_spiking.py [--rounds 15]

As `compare.py` does it: the same weights, clips and labels from one file, each variant a process of
its own that has compiled and run before, all on one processor, one after the other in each round; loss
and gradient of the first batch are compared before anything is measured.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from compare import HERE, Side, build, check

VARIANTS = ["steps", "layers"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--processor", type=int, default=0)
    arguments = parser.parse_args()
    program = build("--package", "metaplast-spiking")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "input.npz")
        subprocess.run([program, "--write", path], check=True)
        sides = {"metaplast": Side([program, "--serve"], arguments.processor, "again")}
        reference = sides["metaplast"].answer
        for variant in VARIANTS:
            command = [sys.executable, str(HERE / "jax_spiking.py"), path, variant]
            side = Side(command, arguments.processor, "again")
            check(f"JAX, {variant}", side.answer, reference)
            sides[f"JAX, {variant}"] = side
        for _ in range(arguments.rounds):
            for side in sides.values():
                side.turn()
    print(f"10 batches of 50 clips, {arguments.rounds} rounds")
    print(f"{'':<24}{'median ms':>10}{'fastest':>10}{'ratio to ours':>15}")
    ours = sides["metaplast"].times
    for name, side in sides.items():
        # Paired by round: a slow moment of the machine slows both.
        ratio = statistics.median(a / b for a, b in zip(side.times, ours))
        median = statistics.median(side.times)
        print(f"{name:<24}{median:>10.1f}{min(side.times):>10.1f}{ratio:>15.2f}", flush=True)
        side.end()


if __name__ == "__main__":
    main()
