"""The rule that explains how a network was seen to learn."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metaplast import _command, _metaplast
from metaplast._arrays import array, real, whole
from metaplast.networks import Network
from metaplast.rules import Rule


@dataclass(frozen=True, eq=False)
class Fit:
    """The rule that was found."""

    rule: Rule
    """With the fitted coefficients."""
    intervals: npt.NDArray[np.float64]
    """A 98% interval for each coefficient, ``[n, 2]``; NaN where the recordings do not tell it."""
    r_squared: float
    """The part of what learning changed that the rule explains."""
    converged: bool
    """Whether the descent came to its end."""
    troubles: tuple[str, ...]
    """What the recordings do not tell, a line each."""
    explained_by_past: float | None
    """The part of what the rule leaves unexplained that the past of the activity would explain: the rule may
    need a memory. None where it is less than a tenth, or may be chance."""

    @property
    def theta(self) -> npt.NDArray[np.float64]:
        """The coefficients, in the order of the rule's names."""
        return self.rule.theta


def fit(
    recordings: Mapping[str, Any] | str | os.PathLike[str],
    terms: Rule | Any,
    network: Network,
    *,
    lam: float = 0.0,
    seed: int = 1,
    threads: int | None = None,
) -> Fit:
    """θ, with intervals, of the rule that explains recordings of weights or activity.

    The network learns on in simulation under the recorded inputs and teaching signals, and θ is moved until
    it follows what was recorded; ``docs/fit.md`` says how, and what cannot be told.

    >>> network, rule = Network([4, 3]), Rule("F0", [0.05])
    >>> x = np.random.default_rng(1).random((20, 4))
    >>> y, start = np.arange(20) % 3, network.start(seed=1, dtype="float64")
    >>> from metaplast import learn
    >>> seen = [learn(rule, network, start, x[:t], y[:t])[0] if t else start.weights[0] for t in (0, 10, 20)]
    >>> recording = {"inputs": x, "labels": y, "W0.1": start.weights[0], "B.1": start.feedback[0],
    ...              "W.1": np.stack(seen), "times": np.array([0, 10, 20])}
    >>> found = fit(recording, ["F0", "F3"], network)
    >>> bool(abs(found.theta[0] - 0.05) < 1e-6), bool(found.r_squared > 0.999)
    (True, True)

    Args:
        recordings: Arrays by the names that ``docs/fit.md`` lists, or an ``.npz`` file of them.
        terms: Which terms the rule may have, as for :class:`Rule`; a rule's θ is where the descent starts.
        network: The network that was recorded.
        lam: Weight λ of a penalty ``λ‖θ‖₁`` beside the loss 1 − R².
        seed: From which the resampling for intervals follows.
    """
    rule = terms if isinstance(terms, Rule) else Rule(terms)
    keywords = (real(lam, "lam"), whole(seed, "seed"), isinstance(terms, Rule))
    number = None if threads is None else whole(threads, "threads", 1)
    with _file(recordings) as path:
        found = _metaplast.fit(path, rule._inner, network._inner, *keywords, number)
    theta, intervals, r_squared, converged, troubles, explained_by_past = found
    ends = [(np.nan, np.nan) if pair is None else pair for pair in intervals]
    return Fit(
        rule.with_theta(theta),
        np.array(ends, dtype=np.float64).reshape(-1, 2),
        r_squared,
        converged,
        tuple(troubles),
        explained_by_past,
    )


@dataclass(frozen=True, eq=False)
class Candidate:
    """A term that the rule might have had."""

    symbol: str
    expression: str
    theta: npt.NDArray[np.float64]
    """Its coefficients when it is the only term; empty where it leaves no trace."""
    r_squared: float
    """The part of what learning changed that it explains alone."""


@dataclass(frozen=True, eq=False)
class CandidateFit:
    """The few terms that explain recordings, of many."""

    fit: Fit
    """The rule of the chosen terms, and those that it has in any case, with intervals."""
    chosen: tuple[str, ...]
    """Symbols of the candidates that were chosen."""
    candidates: tuple[Candidate, ...]
    """All candidates, each alone."""
    same: dict[str, tuple[str, ...]]
    """For each that was chosen, candidates that the recordings cannot tell from it."""
    close: dict[str, tuple[str, ...]]
    """For each that was chosen, candidates that would do as well in its place."""


def fit_candidates(
    recordings: Mapping[str, Any] | str | os.PathLike[str],
    network: Network,
    candidates: Sequence[str] | str = "grammar",
    *,
    keep: Rule | None = None,
    most_terms: int = 6,
    per_layer: bool = False,
    lam: float = 0.0,
    seed: int = 1,
    threads: int | None = None,
) -> CandidateFit:
    """Finds which few of many terms explain recordings, as ``metaplast fit --candidates`` does.

    ``docs/fit.md`` says how sets of terms are compared, and what recordings cannot tell.

    >>> network, rule = Network([4, 3]), Rule("F0", [0.05])
    >>> x = np.random.default_rng(1).random((20, 4))
    >>> y, start = np.arange(20) % 3, network.start(seed=1, dtype="float64")
    >>> from metaplast import learn
    >>> seen = [learn(rule, network, start, x[:t], y[:t])[0] if t else start.weights[0] for t in (0, 10, 20)]
    >>> recording = {"inputs": x, "labels": y, "W0.1": start.weights[0], "B.1": start.feedback[0],
    ...              "W.1": np.stack(seen), "times": np.array([0, 10, 20])}
    >>> found = fit_candidates(recording, network, ["e * y_pre^T", "y * y_pre^T", "decay = W"])
    >>> found.fit.rule.terms, bool(abs(found.fit.theta[0] + 0.05) < 1e-6)
    (('c1 = e * y_pre^T',), True)

    Args:
        recordings: Arrays by the names that ``docs/fit.md`` lists, or an ``.npz`` file of them.
        network: The network that was recorded, fully connected and with softplus units.
        candidates: ``"grammar"``, a list of some 600 products; or terms, with or without names.
        keep: A rule whose terms are kept in any case, and whose memories candidates may use.
        most_terms: Most candidates that the rule may have.
        per_layer: Whether each layer has coefficients of its own.
        lam: Weight λ of a penalty ``λ‖θ‖₁`` beside the loss 1 − R² of the last fit.
        seed: From which the sample of recorded numbers and the resampling for intervals follow.
    """
    words = ["--most-terms", str(whole(most_terms, "most_terms", 1)), "--l1", repr(real(lam, "lam"))]
    words += ["--seed", str(whole(seed, "seed")), "--feedback", network.feedback]
    words += ["--output", network.output, "--beta", repr(network.beta)]
    if network.words is not None or network.activation != "softplus":
        raise ValueError("network: recordings are of fully connected softplus networks")
    if per_layer:
        words += ["--theta-scope", "per-layer"]
    if keep is not None:
        own = [text for text in keep.terms if "=" in text]
        pool = [text for text in keep.terms if "=" not in text]
        words += ["--terms", ",".join(pool) or "none"]
        words += [word for text in own for word in ("--term", text)]
        words += [word for text in keep.remember for word in ("--remember", text)]
    number = None if threads is None else whole(threads, "threads", 1)
    with _file(recordings) as path, tempfile.TemporaryDirectory() as place:
        which = candidates
        if not isinstance(candidates, str):
            which = os.path.join(place, "candidates.txt")
            with open(which, "w", encoding="utf-8") as file:
                file.writelines(f"{text}\n" for text in candidates)
        out = os.path.join(place, "fit")
        line = ["fit", path, "--candidates", str(which), "--out", out, "--json", *words]
        found = json.loads(_command.run(line, number))
        rule = Rule.load(os.path.join(out, "rule.toml"))
    ends = [[term[end] for end in ("low", "high")] for term in found["terms"]]
    past = found["explained_by_past"]
    rivals = {one["chosen"]: one for one in found["rivals"]}
    return CandidateFit(
        Fit(
            rule,
            np.array(ends, dtype=np.float64).reshape(-1, 2),
            found["r_squared"],
            found["converged"],
            tuple(found["not_told"]),
            past,
        ),
        tuple(found["chosen"]),
        tuple(
            Candidate(
                one["candidate"],
                one["expression"] or "",
                np.array(one["theta"], dtype=np.float64),
                one["r_squared"],
            )
            for one in found["candidates"]
        ),
        {symbol: tuple(one["same"]) for symbol, one in rivals.items()},
        {symbol: tuple(one["close"]) for symbol, one in rivals.items()},
    )


@contextmanager
def _file(recordings: Mapping[str, Any] | str | os.PathLike[str]) -> Iterator[str]:
    """The file of recordings; arrays are written into one that goes afterwards."""
    if not isinstance(recordings, Mapping):
        yield os.fspath(recordings)
        return
    arrays = {name: array(value, name) for name, value in recordings.items()}
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "recordings.npz")
        np.savez(path, **arrays)  # type: ignore[arg-type]
        yield path
