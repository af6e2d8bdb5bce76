"""What other published systems offer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from conftest import command

from metaplast import _command, experiments, identify


def test_an_experiment_is_the_same_in_shards(tmp_path: Path) -> None:
    settings = {"trials": 2}
    names = experiments.experiments()
    assert {"pc-solvers", "low-rank", "parkinson", "identify"} <= set(names)
    whole = experiments.reproduce("pc-alignment", out=tmp_path / "whole", quick=True)
    with ThreadPoolExecutor(2) as executor:
        shards = experiments.reproduce(
            "pc-alignment", out=tmp_path / "shards", quick=True, executor=executor, shards=2
        )
    assert shards.tables == whole.tables and shards.findings == whole.findings
    with pytest.raises(ValueError, match="no-such"):
        experiments.reproduce("no-such", out=tmp_path / "no")
    with pytest.raises(TypeError, match="shots"):
        experiments.reproduce("pc-solvers", out=tmp_path / "no", shots=3, **settings)


def test_a_recording_is_asked_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the command is asked; its answers are the command's own tests'."""
    path = identify.record("sgd", out=tmp_path / "sgd.npz", seed=5, units=4)
    arrays = dict(np.load(path))
    asked: list[list[str]] = []

    def run(words: list[str], threads: int | None = None) -> str:
        with np.load(words[2]) as given:
            assert {k: v.tobytes() for k, v in given.items()} == {
                k: v.tobytes() for k, v in arrays.items()
            }
        asked.append([str(word) for word in words[:2] + words[3:]])
        return '{"rule": "sgd"}'

    monkeypatch.setattr(_command, "run", run)
    for recording in (path, arrays):
        answer = identify.name(recording, networks=24, archive="nets", prior={"sgd": 2.0})
        assert answer == {"rule": "sgd"}
    assert asked[0] == asked[1]
    monkeypatch.undo()
    known = command("identify", "name", "--help").stdout
    assert all(word in known for word in asked[0] if word.startswith("--"))
    with pytest.raises(ValueError, match="none.npz"):
        identify.name(tmp_path / "none.npz", archive=tmp_path)
