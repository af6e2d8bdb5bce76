"""Which term of a rule moved the weights, and where terms cancel."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, cast

from metaplast import _command
from metaplast._arrays import whole
from metaplast.networks import Network
from metaplast.rules import Rule
from metaplast.runs import Run


def explain(
    rule: Rule | Run | str | os.PathLike[str],
    network: Network | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    tasks: int = 10,
    every: int | None = None,
    seed: int = 1,
    threads: int | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Says which term of a rule moved the weights while networks learn, layer by layer, as the command
    ``metaplast explain`` does.

    An update is linear in θ, so that each layer's change is exactly the sum of the terms' parts. Of each part
    there are its ``size`` ``‖P‖``, the length of its ``path`` ``Σ_t ‖θ F(t)‖`` and its ``share``
    ``⟨P, ΔW⟩/‖ΔW‖²`` of the change; shares add up to 1. ``docs/explain.md`` says how to read them.

    >>> rule = Rule(["F0", "F3"], [0.01, 1e-5])
    >>> found = explain(rule, Network([784, 8, 47]), tasks=2, shots=2, queries=2, glyphs_per_class=6)
    >>> [(part["term"], part["share"]["mean"] > 0.5) for part in found["layers"][1]["terms"]]
    [('F0', True), ('F3', False)]

    Args:
        rule: A rule with the network that it is for, a run, or a file or directory of one.
        network: The network of a :class:`Rule`; that of the paper unless given.
        out: A directory for ``explanation.csv``, ``results.json`` and the page ``report.html``; none unless
            given.
        tasks: On how many fresh tasks it is looked at; numbers are means with 98% intervals.
        every: Steps between two points of the course, a tenth of the episode unless given.
        seed: From which tasks and weights follow.
        settings: Images and tasks, as keys of ``config.toml`` name them: ``data``, ``shots``, ``ways`` ...

    Returns:
        ``layers``: for each its ``change``, how much terms have ``cancelled``, the ``most_opposed`` two, and its
        ``terms``; and what else ``docs/output.md`` lists.
    """
    words = ["--tasks", str(whole(tasks, "tasks", 1)), "--seed", str(whole(seed, "seed"))]
    if every is not None:
        words += ["--every", str(whole(every, "every", 1))]
    for name, value in settings.items():
        words += [f"--{name.replace('_', '-')}", str(value)]
    number = None if threads is None else whole(threads, "threads", 1)
    with tempfile.TemporaryDirectory() as place:
        path: str | os.PathLike[str]
        if isinstance(rule, Rule):
            path = os.path.join(place, "rule.toml")
            rule.save(path, network)
        elif network is not None:
            raise TypeError("network: a file or a run has its own")
        else:
            path = rule.path if isinstance(rule, Run) else rule
        where = os.path.join(place, "out") if out is None else os.fspath(out)
        said = _command.run(["explain", path, "--out", where, "--json", *words], number)
        return cast("dict[str, Any]", json.loads(said))
