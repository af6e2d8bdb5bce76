"""Instructions and cache misses of an episode, which do not depend on what else a machine does.

    python benches/instructions.py [--write] [RULE ...]

Counts by callgrind what one more episode takes (value and gradient, 33% ink), and compares it with the
figures in `instructions.json`: a rule that takes more than 2% more instructions, or 5% more misses of the last
cache, is named, and the exit code is 1. `--write` stores the figures instead. Callgrind knows no AVX-512, so
that what is counted are the kernels for AVX2. Nothing is counted before the second episode, since drawing the
images would take most of the time. Figures depend on the compiler's version, which stands beside them; where it
differs, the comparison is printed and nothing is judged.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
from compare import build

STORED = HERE / "instructions.json"
# Sizes of the simulated caches: of the first level for instructions and data, and of the last.
CACHES = ["--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64"]
COUNTS = {
    "instructions": ("Ir",),
    "first-level misses": ("D1mr", "D1mw"),
    "last-level misses": ("DLmr", "DLmw"),
}
MOST = {"instructions": 1.02, "last-level misses": 1.05}


def count(program, rule):
    """What one more episode takes, after one that has filled the caches."""
    with tempfile.TemporaryDirectory() as directory:
        out = f"{directory}/callgrind.out"
        command = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--cache-sim=yes", *CACHES]
        command.append(f"--callgrind-out-file={out}")
        episode = [program, "--bench", "--rule", rule, "--ink", "33", "--serve"]
        environment = {**os.environ, "METAPLAST_INSTRUCTIONS": "avx2"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(command + episode, text=True, env=environment, **pipes)

        def control(*what):
            subprocess.run(["callgrind_control", *what, str(server.pid)], check=True, stdout=subprocess.DEVNULL)

        def one_more():
            server.stdin.write("gradient\n")
            server.stdin.flush()
            server.stdout.readline()

        server.stdout.readline()
        control("--instr=on")
        one_more()
        control("--dump")
        one_more()
        control("--dump")
        server.stdin.close()
        server.wait()
        # A dump has what was counted since the one before.
        text = Path(f"{out}.2").read_text()
    names = re.search(r"^events: (.*)$", text, re.M).group(1).split()
    totals = re.search(r"^(?:summary|totals): (.*)$", text, re.M).group(1).split()
    events = dict(zip(names, map(int, totals)))
    return {name: sum(events.get(event, 0) for event in parts) for name, parts in COUNTS.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rules", nargs="*", metavar="RULE", default=["bio", "pool", "fa"])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    program = build()
    compiler = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    judged = stored.get("compiler") == compiler
    found, worse = {}, []
    print(f"{'an episode of':14} {'':20} {'now':>14} {'stored':>14} {'ratio':>7}")
    for rule in options.rules:
        found[rule] = count(program, rule)
        for name, now in found[rule].items():
            before = stored.get("rules", {}).get(rule, {}).get(name)
            ratio = now / before if before else float("nan")
            print(f"{rule:14} {name:20} {now:14} {before or '':>14} {ratio:7.3f}")
            if before and ratio > MOST.get(name, float("inf")):
                worse.append(f"{rule}: {name} {ratio:.3f} times those stored")
    if options.write:
        figures = {"compiler": compiler, "rules": {**stored.get("rules", {}), **found}}
        STORED.write_text(json.dumps(figures, indent=2) + "\n")
    elif worse and judged:
        sys.exit("\n".join(worse))
    elif not judged:
        print(f"stored by {stored.get('compiler', 'nobody')}, counted by {compiler}: nothing is judged")


if __name__ == "__main__":
    main()
