"""Episodes of several rules in turns, so that what else a machine does meets all of them alike.

    python benches/turns.py bio pool fa [--ink 33] [--rounds 121]

Prints for each rule the fastest and the median episode in milliseconds, and the median of the ratios
to the first rule's episode of the same round. All run on one processor where the system lets one
choose.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from compare import build

WARM_UP = 2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--ink", default="33")
    parser.add_argument("--rounds", type=int, default=121)
    options = parser.parse_args()
    program = build()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    servers = [serve(program, rule, options.ink) for rule in options.rules]
    rounds = [[episode(server) for server in servers] for _ in range(WARM_UP + options.rounds)]
    print(f"{options.ink}% ink, {options.rounds} rounds   fastest   median   ratio")
    for rule, times in zip(options.rules, zip(*rounds[WARM_UP:])):
        first = [times[0] for times in rounds[WARM_UP:]]
        ratio = statistics.median(time / other for time, other in zip(times, first))
        print(f"{rule:24} {min(times):9.2f} {statistics.median(times):8.2f} {ratio:7.3f}")
    for server in servers:
        server.stdin.close()


def serve(program, rule, ink):
    command = [program, "--bench", "--rule", rule, "--ink", ink, "--serve"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    server.stdout.readline()  # loss and gradient
    return server


def episode(server):
    server.stdin.write("gradient\n")
    server.stdin.flush()
    return float(server.stdout.readline())


if __name__ == "__main__":
    main()
