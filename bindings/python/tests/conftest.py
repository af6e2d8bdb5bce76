"""What several tests share: small settings, and the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import metaplast as mp

SMALL: dict[str, Any] = {
    "glyphs_per_class": 12,
    "layers": [784, 9, 47],
    "ways": 3,
    "shots": 4,
    "queries": 3,
    "episodes": 12,
}


@pytest.fixture
def small() -> dict[str, Any]:
    """Settings of a meta-training that takes a fraction of a second."""
    return dict(SMALL)


def flags(settings: dict[str, Any]) -> list[str]:
    """Settings as flags of the command."""
    words = []
    for name, value in settings.items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        words += ["--" + name.replace("_", "-"), text]
    return words


def command(*words: str | Path, check: int = 0) -> subprocess.CompletedProcess[str]:
    """Runs the command that the wheel brings."""
    line = [sys.executable, "-m", "metaplast", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert done.returncode == check, done.stderr
    return done


def contents(run: Path) -> dict[str, bytes]:
    """The files of a run by name, but for the lock, and for the checkpoint before the last, which tells of
    interruptions."""
    others = (".lock", "checkpoint.previous.toml")
    return {path.name: path.read_bytes() for path in run.iterdir() if path.name not in others}


class World:
    """A small network with examples, in f64."""

    def __init__(self, feedback: str = "fixed", seed: int = 3, n: int = 14) -> None:
        random = np.random.default_rng(seed)
        self.network = mp.Network([5, 6, 4, 3], feedback=feedback)
        self.theta = np.array([0.05, 0.01, -0.02, 0.002, 0.01, 0.003, 0.01, 0.02, -0.01, 0.004])
        self.rule = mp.Rule.preset("pool").with_theta(self.theta)
        self.start = self.network.start(seed=seed, dtype="float64")
        self.x = random.random((n, 5))
        self.x[random.random((n, 5)) < 0.3] = 0.0
        self.y = random.integers(0, 3, n)
        self.cotangents = [random.standard_normal(w.shape) for w in self.start.weights]
        self.task = mp.Task(self.x, self.y, random.random((6, 5)), random.integers(0, 3, 6))
