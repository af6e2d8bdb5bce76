"""Search over settings when trying one takes long: tree search with a fitted policy and value, and its peers.

``docs/search.md`` explains the searchers and compares them on landscapes of which the truth is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Literal

from metaplast import _metaplast
from metaplast._arrays import whole

__all__ = ["Candidate", "Search", "search"]


@dataclass(frozen=True)
class Candidate:
    """Settings that were tried.

    Attributes:
        settings: One option of each setting, by name.
        reward: What they are worth; more is better. NaN and infinities count as the worst.
    """

    settings: dict[str, Any]
    reward: float


@dataclass(frozen=True)
class Search:
    """What a search tried.

    Attributes:
        tried: In order, none twice.
    """

    tried: tuple[Candidate, ...]

    @property
    def best(self) -> Candidate:
        """The first of those with the greatest reward."""
        finite = [candidate for candidate in self.tried if abs(candidate.reward) < float("inf")]
        if not finite:
            raise ValueError("best: no reward is a finite number")
        return max(finite, key=lambda candidate: candidate.reward)


def search(
    space: Mapping[str, Sequence[Any]],
    reward: Callable[[dict[str, Any]], float],
    *,
    budget: int,
    method: Literal["random", "uct", "evolution", "puct", "puct-perceptron"] = "puct",
    seed: int = 1,
    executor: Executor | None = None,
    tried: Iterable[Candidate] = (),
    progress: Callable[[Candidate], object] | None = None,
) -> Search:
    """Tries settings until ``budget`` were tried, or all there are.

    Args:
        space: The options of each setting, in the order in which they are decided.
        reward: What settings are worth; the same settings must have the same reward.
        budget: How many to try, those of ``tried`` included.
        method: ``puct`` fits a policy and a value to what was tried and searches a tree by them.
        executor: Tries those that are proposed together at the same time (five, by ``puct``); the order and
            the results are the same.
        tried: What an earlier call with the same space, method and seed tried, in order, from where this one
            goes on.
        progress: Called with each candidate once it was tried.

    Raises:
        ValueError: If the space, the method or ``budget`` cannot be, or ``tried`` is not what this search
            tries.

    >>> import metaplast as mp
    >>> space = {"rate": [1e-3, 1e-2, 1e-1], "width": [4, 8, 16, 32], "layers": [1, 2]}
    >>> found = search(space, lambda s: -abs(s["rate"] - 1e-2) - abs(s["width"] - 16), budget=15)
    >>> found.best.settings["width"], len(found.tried)
    (16, 15)
    """
    options = {name: list(choices) for name, choices in space.items()}
    names = list(options)
    run = _metaplast.SettingsSearch(
        [(str(name), len(choices)) for name, choices in options.items()], method, whole(seed, "seed")
    )
    most = whole(budget, "budget")
    earlier = list(tried)
    done: list[Candidate] = []
    while len(done) < most:
        together = [
            {name: options[name][option] for name, option in zip(names, choices)} for choices in run.ask()
        ][: most - len(done)]
        if not together:
            break
        known = earlier[len(done) : len(done) + len(together)]
        for place, (candidate, settings) in enumerate(zip(known, together), len(done)):
            if candidate.settings != settings:
                raise ValueError(
                    f"tried: candidate {place} is {candidate.settings}, and this search tries {settings}; "
                    "give the space, the method and the seed that it was begun with"
                )
        rest = together[len(known) :]
        rewards = map(reward, rest) if executor is None else executor.map(reward, rest)
        for candidate in known:
            run.tell(float(candidate.reward))
            done.append(candidate)
        for settings, worth in zip(rest, rewards):
            candidate = Candidate(settings, float(worth))
            run.tell(candidate.reward)
            done.append(candidate)
            if progress is not None:
                progress(candidate)
    return Search(tuple(done))
