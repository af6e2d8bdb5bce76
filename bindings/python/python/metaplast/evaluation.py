"""Rules on fresh tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Any

from metaplast import _metaplast, cluster
from metaplast._arrays import whole
from metaplast.networks import Network
from metaplast.rules import Rule
from metaplast.tasks import Tasks


@dataclass(frozen=True)
class Row:
    """How a rule did."""

    name: str
    accuracy: float
    """Mean over the tasks."""
    low: float
    """Lower end of the 98% bootstrap interval of the accuracy."""
    high: float
    """Upper end."""
    loss: float
    """Mean cross-entropy over the tasks that did not diverge, in nats."""
    diverged: int
    """Tasks whose loss was not finite, or hopeless."""
    accuracies: tuple[float, ...]
    """Of each task."""


class Table(Sequence[Row]):
    """How rules did on the same tasks, a row each."""

    def __init__(self, rows: Sequence[Row], seed: int) -> None:
        self._rows = list(rows)
        self._seed = seed

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, str):
            return next(row for row in self._rows if row.name == at)
        return self._rows[at]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    def difference(self, name: str, minus: str) -> tuple[float, float, float]:
        """Mean difference in accuracy of two rules, task by task, and the ends of its interval."""
        first, second = self[name], self[minus]
        return _metaplast.paired_difference(
            list(first.accuracies), list(second.accuracies), self._seed
        )

    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``, without the accuracies of single tasks."""
        import pandas

        rows = [{k: v for k, v in asdict(row).items() if k != "accuracies"} for row in self._rows]
        return pandas.DataFrame(rows)

    def __repr__(self) -> str:
        width = max(len(row.name) for row in self._rows)
        lines = [f"{'rule':{width}}  accuracy  98% interval    loss   diverged"]
        for row in self._rows:
            lines.append(
                f"{row.name:{width}}  {row.accuracy:8.3f}  {row.low:.3f} to {row.high:.3f}"
                f"  {row.loss:.3f}  {row.diverged:8d}"
            )
        return "\n".join(lines)


def evaluate(
    rules: Rule | Mapping[str, Rule | tuple[Rule, Network]],
    network: Network,
    tasks: Tasks,
    *,
    n: int = 100,
    seed: int = 1,
    steps: int | None = None,
    dtype: str = "float32",
    executor: Executor | None = None,
) -> Table:
    """Rules on ``n`` fresh tasks, with intervals.

    All rules meet the same tasks from the same first weights, those of ``metaplast evaluate`` with this seed.

    >>> from metaplast import glyphs
    >>> tasks = Tasks(glyphs(per_class=20), ways=3, shots=5, queries=5)
    >>> network = Network([784, 12, 47])
    >>> rules = {"slow": Rule("F0", [0.001]), "fast": Rule("F0", [0.03])}
    >>> table = evaluate(rules, network, tasks, n=4)
    >>> table["fast"].accuracy > table["slow"].accuracy
    True

    Args:
        rules: A rule, or rules by name, with a network of its own where that differs, as in feedback.
        executor: Runs the tasks, if given; the table is the same, bit for bit.
    """
    named = {"rule": rules} if isinstance(rules, Rule) else dict(rules)
    if not named:
        raise ValueError("rules: none; give at least one")
    if not isinstance(tasks, Tasks):
        raise TypeError("tasks: give Tasks")
    number, seed = whole(n, "n", 1), whole(seed, "seed")
    pairs = {
        name: found if isinstance(found, tuple) else (found, network)
        for name, found in named.items()
    }
    arguments = [
        (rule, net, tasks, seed, k, steps, dtype)
        for rule, net in pairs.values()
        for k in range(number)
    ]
    if executor is None:
        scores = [cluster.score(*one) for one in arguments]
    else:
        futures = [executor.submit(cluster.score, *one) for one in arguments]
        scores = [future.result() for future in futures]
    rows = []
    for place, (name, (_, net)) in enumerate(pairs.items()):
        own = scores[place * number : (place + 1) * number]
        losses, accuracies = [s[0] for s in own], [s[1] for s in own]
        found = _metaplast.evaluation(losses, accuracies, net.sizes[-1], seed)
        rows.append(Row(name, *found, tuple(accuracies)))
    return Table(rows, seed)
