"""Which rule did a network learn by? Recordings named by a classifier of simulated networks.

``docs/identify.md`` says how, and how far an answer can be trusted.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from metaplast import _command
from metaplast._arrays import array, whole

__all__ = ["name", "record"]


def record(
    rule: str,
    *,
    out: str | os.PathLike[str],
    seed: int = 1,
    number: int = 0,
    units: int | None = None,
    noise: float = 0.0,
) -> Path:
    """Simulates a network that learns by one of the twelve rules, and writes what an experimenter would see
    of it, an ``.npz`` file that :func:`name` reads.

    >>> path = record("ehebb", out=tempfile.mkdtemp() + "/unknown.npz", seed=7, units=5)
    >>> sorted(np.load(path))[:2]
    ['activity.1', 'activity.2']
    """
    words = ["identify", "simulate", "--record", rule, "--out", os.fspath(out), "--quiet"]
    words += ["--seed", str(whole(seed, "seed")), "--number", str(whole(number, "number"))]
    if units is not None:
        words += ["--units", str(whole(units, "units", 1))]
    if noise:
        words += ["--noise", str(float(noise))]
    _command.run(words)
    return Path(out)


def name(
    recording: Mapping[str, Any] | str | os.PathLike[str],
    *,
    networks: int = 480,
    archive: str | os.PathLike[str] = "runs/networks",
    seed: int = 1,
    rules: Sequence[str | os.PathLike[str]] = (),
    prior: Mapping[str, float] | None = None,
    alpha: float = 0.1,
    threads: int | None = None,
) -> dict[str, Any]:
    """Names the rule by which a recorded network learned, and says how sure that is.

    Args:
        recording: Arrays by the names that ``docs/identify.md`` lists, ``activity.1``, ``weights.1`` and so on,
            or an ``.npz`` file of them.
        networks: Simulated networks by which rules are told.
        archive: The directory where they are kept; those that are not there are simulated first.
        rules: Files of other rules that can be named.
        prior: How much more or less probable rules are than others beforehand.
        alpha: Rules with a conformal p-value up to this are excluded.

    Returns:
        ``rule``, ``rules`` with their probabilities and conformal p-values, the ``accuracy`` of networks seen
        alike, and what else ``docs/output.md`` lists.
    """
    words: list[str | os.PathLike[str]] = ["--networks", str(whole(networks, "networks", 1))]
    words += ["--archive", archive, "--seed", str(whole(seed, "seed")), "--alpha", str(float(alpha))]
    for rule in rules:
        words += ["--rule", rule]
    if prior:
        words += ["--prior", ",".join(f"{key}={value}" for key, value in prior.items())]
    number = None if threads is None else whole(threads, "threads", 1)

    def answer(path: str | os.PathLike[str]) -> dict[str, Any]:
        said = _command.run(["identify", "name", path, "--json", "--quiet", *words], number)
        return cast("dict[str, Any]", json.loads(said))

    if not isinstance(recording, Mapping):
        return answer(recording)
    arrays = {key: array(value, key) for key, value in recording.items()}
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "recording.npz")
        np.savez(path, **arrays)  # type: ignore[arg-type]
        return answer(path)
