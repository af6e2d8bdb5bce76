"""Lines of code of nine programs here and in JAX, side by side.

    python lines.py

The programs are examples of the crate, the JAX programs stand in `examples/jax`; both compute the same
kind of thing from data of the same kind and print the same. Counted are lines that hold code, as
`rustfmt` and `black -l 100` leave them: no blank lines, no comments, no documentation.
"""

import ast
import io
import tokenize
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
MOST = 1.5
# In the order in which outsiders would try them.
PROGRAMS = [
    "11_newton_and_lbfgs",
    "09_physics_informed_net",
    "12_transformer",
    "13_convolutional_net",
    "14_neural_ode",
    "15_hamiltonian_monte_carlo",
    "10_learned_optimiser",
    "16_implicit_layers",
    "17_plasticity_with_memory",
]


def rust(source):
    lines = (line.strip() for line in source.splitlines())
    return sum(1 for line in lines if line and not line.startswith("//"))


def python(source):
    code = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.string.strip() and token.type != tokenize.COMMENT:
            code.update(range(token.start[0], token.end[0] + 1))
    documentation = ast.parse(source).body[0]
    return len(code - set(range(documentation.lineno, documentation.end_lineno + 1)))


def main():
    print("| program | here | JAX | ratio |")
    print("|---|--:|--:|--:|")
    longest = 0
    for name in PROGRAMS:
        ours = rust((EXAMPLES / f"{name}.rs").read_text())
        theirs = python((EXAMPLES / "jax" / f"{name}.py").read_text())
        longest = max(longest, ours / theirs)
        print(f"| `{name}` | {ours} | {theirs} | {ours / theirs:.2f} |")
    if longest > MOST:
        raise SystemExit(f"one of them is more than {MOST} times as long")


main()
