"""Where the time of an episode goes, by part.

    python benches/profile.py [--rule bio] [--ink 33] [--episodes 40]

Runs episodes under Linux `perf`, with call stacks, and sums the samples by the part of the program
they fell in. Needs `perf` and `addr2line`; what is drawn before the episodes is left out.
"""

import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from compare import build

# Benches are built without the names of functions; beside the others' artefacts, not in their place.
NAMED = [
    *("--config", 'profile.bench.debug="line-tables-only"', "--config", 'profile.bench.strip="none"'),
    *("--target-dir", "target/profiled"),
]

# The first that matches a stack, innermost frame first, counts.
PARTS = [
    (None, r"metaplast_data|Work::new|Paper::render|Hand::write|raster\.rs|glyphs\.rs"),
    ("going back over updates", r"adjoint_pass\.rs|weights_pass\.rs|reverse_update\.rs|waiting\.rs"),
    ("updates with their projection", r"project\.rs| update\.rs"),
    ("products with weights and feedback", r" dots\.rs|add_rows\.rs"),
    ("the query batch", r"matmul(_nt)?\.rs"),
    ("functions and sums of vectors", r" (map|axpy|dot|sparsity|slope_product|softplus|softmax|weighted_sum|binary)\.rs"),
    ("moving and zeroing memory", r"memset|memmove|memcpy"),
    ("the tape: nodes, adjoints, lists of rows", r"metaplast_"),
    ("the rest", r""),
]


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rule", default="bio")
    parser.add_argument("--ink", default="33")
    parser.add_argument("--episodes", type=int, default=40)
    options = parser.parse_args()
    program = build(*NAMED)
    with tempfile.TemporaryDirectory() as directory:
        data = f"{directory}/perf.data"
        record = ["perf", "record", "--quiet", "--freq", "2000", "--call-graph", "dwarf,2048"]
        episode = [program, "--bench", "--rule", options.rule, "--ink", options.ink, "--serve"]
        run(*record, "--output", data, *episode, input="gradient\n" * options.episodes)
        script = run("perf", "script", "--input", data, "--no-inline", "--fields", "ip,sym,dso")
    stacks = [read_stack(lines, program) for lines in script.split("\n\n") if lines.strip()]
    frames = resolve(program, {address for stack in stacks for address, _ in stack if address})
    counts = collections.Counter()
    for stack in stacks:
        named = " | ".join(frames.get(address, name) for address, name in stack)
        counts[next(part for part, pattern in PARTS if re.search(pattern, named))] += 1
    del counts[None]
    total = sum(counts.values())
    print(f"\n{options.rule}, {options.ink}% ink, {total} samples")
    for part, count in counts.most_common():
        print(f"{part:<42} {100 * count / total:5.1f} %")


def read_stack(lines, program):
    """The innermost frames: an address in our program or none, and a name."""
    stack = []
    for line in lines.strip().splitlines()[:8]:
        frame = re.match(r"\s*([0-9a-f]+) (.*) \((.*)\)", line)
        if frame:
            ours = frame[3] == program
            # A return address stands after the call.
            address = int(frame[1], 16) - (1 if stack else 0)
            stack.append((address if ours else None, frame[2]))
    return stack


def resolve(program, offsets):
    """All functions, inlined ones too, at offsets into the program's file."""
    segments = [line.split() for line in run("readelf", "-lW", program).splitlines() if "LOAD" in line]
    segments = [[int(field, 16) for field in (s[1], s[2], s[4])] for s in segments]

    def virtual(offset):
        for start, address, size in segments:
            if start <= offset < start + size:
                return offset - start + address
        return offset

    of_address = {virtual(offset): offset for offset in sorted(offsets)}
    command = ["addr2line", "-e", program, "-f", "-i", "-C", "-a"]
    output = run(*command, input="".join(f"{address:#x}\n" for address in of_address))
    frames, lines = collections.defaultdict(list), output.splitlines()
    while lines:
        line = lines.pop(0)
        if line.startswith("0x"):
            current = of_address[int(line, 16)]
        else:
            file = lines.pop(0).rsplit("/", 1)[-1]
            frames[current].append(f"{line} {file}")
    return {offset: " | ".join(names) for offset, names in frames.items()}


if __name__ == "__main__":
    main()
