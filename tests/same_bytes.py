#!/usr/bin/env python3
"""Do two executables of the command write the same bytes?

    python3 tests/same_bytes.py OLD NEW

runs short meta-trainings by both and compares episodes.csv, rule.toml and rule.md byte for byte:
every preset with every kind of feedback, in both precisions, by reverse, segmented and forward
gradients; then coefficients per layer, a term as text, the other meta-optimisers, λ above 0, two
threads, and episodes that diverge. Prints a table of runs and of differences and ends with 1 if
there are any.

Two things are left out on purpose. An executable that knows `--penalty` is asked for the subgradient
where λ is above 0, as the other one has no choice. `--except-located KIND,KIND` passes over the
columns that say where a diverged episode blew up (at_step, at_layer, at_term, relative_update) for
these kinds of feedback.
"""

import argparse
import csv
import itertools
import pathlib
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

PRESETS = ["fa", "bp", "ehebb", "oja", "bio", "pool"]
FEEDBACK = ["fixed", "symmetric", "attached", "dfa", "sign-symmetric", "kolen-pollack", "weight-mirror"]
PRECISIONS = ["f32", "f64"]
GRADIENTS = {
    "reverse": [],
    "segments": ["--unroll", "undo 4/2"],
    "stored segments": ["--unroll", "stored 5/3"],
    "forward": ["--gradient", "forward"],
}
SMALL = (
    "--layers 784,20,12,47 --ways 3 --shots 4 --queries 3 --glyphs-per-class 10 --quiet".split()
)
TERM = ["--term", "hebb_decay = y * y_pre^T - 0.1 * W", "--theta-start", "F0=1e-3,hebb_decay=1e-4"]
# Far too large a step: most episodes after the first diverge.
DIVERGING = ["--optimizer", "sgd", "--lr", "0.5", "--episodes", "12"]
VARIANTS = {
    "per layer": ["--theta-scope", "per-layer"],
    "term as text": TERM,
    "term as text per layer": TERM[:2] + ["--theta-scope", "per-layer"],
    "adam": ["--optimizer", "adam", "--lr", "1e-2"],
    "sgd": ["--optimizer", "sgd", "--lr", "1e-2"],
    "lambda": ["--lambda", "0.1"],
    "lambda, adam": ["--lambda", "0.1", "--optimizer", "adam"],
    "meta-batch of 3, two threads": ["--meta-batch", "3", "--trials", "2", "--threads", "2"],
    "meta-batch of 3, one thread": ["--meta-batch", "3", "--trials", "2", "--threads", "1"],
    "steps beyond the support": ["--steps", "30"],
    "paper sampling": ["--sampling", "paper"],
    "diverging": DIVERGING,
    "diverging, clip": DIVERGING + ["--on-divergence", "clip"],
}
# The exit status of a command line that cannot be.
USAGE = 2
FILES = ["episodes.csv", "rule.toml", "rule.md"]
LOCATED = ["at_step", "at_layer", "at_term", "relative_update"]


def cases():
    """(group, feedback, flags)"""
    for gradient, flags in GRADIENTS.items():
        for preset, feedback, precision in itertools.product(PRESETS, FEEDBACK, PRECISIONS):
            yield f"{gradient}, {precision}", feedback, ["--preset", preset, "--feedback", feedback, "--precision", precision, *flags]
    for variant, flags in VARIANTS.items():
        for preset, feedback, precision in itertools.product(["bio", "pool"], FEEDBACK, PRECISIONS):
            yield variant, feedback, ["--preset", preset, "--feedback", feedback, "--precision", precision, *flags]


def without_located(text):
    """The rows of an episodes.csv without the columns of LOCATED."""
    rows = list(csv.reader(text.decode().splitlines()))
    kept = [k for k, name in enumerate(rows[0]) if name not in LOCATED]
    return [[row[k] for k in kept] for row in rows]


class Comparison:
    def __init__(self, old, new, excepted, scratch):
        self.programs = {"old": old, "new": new}
        self.excepted = excepted
        self.scratch = scratch
        help_of = lambda program: subprocess.run([program, "meta-train", "--help"], capture_output=True, text=True).stdout
        self.penalty = {side: "--penalty" in help_of(program) for side, program in self.programs.items()}

    def run(self, number, side, flags):
        out = self.scratch / f"{number}-{side}"
        more = ["--penalty", "subgradient"] if "--lambda" in flags and self.penalty[side] else []
        episodes = [] if "--episodes" in flags else ["--episodes", "6"]
        command = [self.programs[side], "meta-train", *SMALL, *episodes, *flags, *more, "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        files = {name: (out / name).read_bytes() if (out / name).exists() else None for name in FILES}
        # A trial that gives up is a result, too; its message names the directory.
        return done.returncode, done.stderr.replace(str(out), "OUT"), files

    def differences(self, numbered):
        number, (_, feedback, flags) = numbered
        old = self.run(number, "old", flags)
        new = self.run(number, "new", flags)
        found = []
        if old[0] != new[0] or old[0] == USAGE:
            found.append(f"exit status {old[0]} and {new[0]}: {old[1].strip()} | {new[1].strip()}")
        for name in FILES:
            a, b = old[2][name], new[2][name]
            if name == "episodes.csv" and feedback in self.excepted and a and b:
                a, b = without_located(a), without_located(b)
            if a != b:
                found.append(f"{name} differs")
        return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--except-located", default="", metavar="KINDS", help="kinds of feedback, by commas")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    excepted = [kind for kind in arguments.except_located.split(",") if kind]
    programs = [str(pathlib.Path(path).resolve()) for path in (arguments.old, arguments.new)]
    table, wrong, diverged = {}, [], 0
    with tempfile.TemporaryDirectory() as scratch:
        comparison = Comparison(*programs, excepted, pathlib.Path(scratch))
        all_cases = list(cases())
        with ThreadPoolExecutor(arguments.jobs) as pool:
            results = list(pool.map(comparison.differences, enumerate(all_cases)))
        rows = pathlib.Path(scratch).glob("*-new/episodes.csv")
        diverged = sum(row["diverged"] == "true" for path in rows for row in csv.DictReader(path.open()))
    for (group, feedback, flags), found in zip(all_cases, results):
        runs, different = table.get(group, (0, 0))
        table[group] = (runs + 1, different + bool(found))
        if found:
            wrong.append(f"{group}; {feedback}; {' '.join(flags)}: {'; '.join(found)}")
    print(f"{'what':<32} {'runs':>5} {'different':>10}")
    for group, (runs, different) in table.items():
        print(f"{group:<32} {runs:>5} {different:>10}")
    runs = len(all_cases)
    print(f"{'all':<32} {runs:>5} {len(wrong):>10}   ({diverged} diverged episodes among them)")
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
