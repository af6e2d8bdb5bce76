"""The rule that explains how a network was seen to learn."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
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
    if isinstance(recordings, Mapping):
        arrays = {name: array(value, name) for name, value in recordings.items()}
        with tempfile.TemporaryDirectory() as place:
            path = os.path.join(place, "recordings.npz")
            np.savez(path, **arrays)  # type: ignore[arg-type]
            found = _metaplast.fit(path, rule._inner, network._inner, *keywords, number)
    else:
        path = os.fspath(recordings)
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
