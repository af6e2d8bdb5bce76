"""Meta-training against the command, byte for byte, and run directories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import command, contents, flags

import metaplast as mp


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"preset": "pool", "trials": 2, "meta_batch": 3, "lambda": 0.01},
        {"precision": "f64", "feedback": "weight-mirror", "memory": "1200kB"},
        {"theta_scope": "per-layer", "term": "hebb = y * y_pre^T"},
    ],
)
def test_the_same_bytes_as_the_command(tmp_path: Path, small: dict[str, Any], more: Any) -> None:
    settings = {**small, **more}
    command("meta-train", "--out", tmp_path / "command", "--quiet", *flags(settings))
    if "term" in settings:
        settings["term"] = [settings["term"]]
    run = mp.meta_train(out=tmp_path / "python", progress=False, **settings)
    theirs, ours = contents(tmp_path / "command"), contents(run.path)
    assert theirs == ours


def test_a_run_can_be_read(tmp_path: Path, small: dict[str, Any]) -> None:
    seen = []
    run = mp.meta_train(out=tmp_path / "run", callback=seen.append, progress=False, **small)
    episodes = run.episodes
    assert len(episodes) == len(seen) == 12
    assert episodes["trial"].dtype == np.int64 and episodes["diverged"].dtype == np.bool_
    for record in seen:
        assert episodes["query_ce"][record.episode] == record.loss
        assert episodes["theta_2"][record.episode] == record.theta[1]
    assert run.settings["episodes"] == 12 and run.rule.names == ("F0", "F2", "F9")
    assert run.network.sizes == (784, 9, 47)
    again = mp.meta_train(out=tmp_path / "again", progress=False, **run.settings)
    assert contents(again.path) == contents(run.path)
    loaded = mp.Rule.load(tmp_path / "run" / "rule.toml")
    loaded.save(tmp_path / "saved.toml", run.network)
    assert mp.Rule.load(tmp_path / "saved.toml") == loaded
    with pytest.raises(FileNotFoundError):
        mp.Run(tmp_path)


def test_a_broken_loop_leaves_a_checkpoint(tmp_path: Path, small: dict[str, Any]) -> None:
    whole = mp.meta_train(out=tmp_path / "whole", progress=False, **small)
    for record in mp.Training(out=tmp_path / "part", **small):
        if record.episode == 4:
            break
    assert 5 <= len(mp.Run(tmp_path / "part").episodes) < 12
    assert contents(mp.Run(tmp_path / "part").resume().path) == contents(whole.path)

    class Wrong(Exception):
        pass

    def fail(record: mp.Record) -> None:
        if record.episode == 3:
            raise Wrong

    with pytest.raises(Wrong):
        mp.meta_train(out=tmp_path / "failed", callback=fail, progress=False, **small)
    assert contents(mp.Run(tmp_path / "failed").resume().path) == contents(whole.path)
    longer = mp.meta_train(resume=whole.path, episodes=15, progress=False)
    assert len(longer.episodes) == 15


def test_threads_of_an_episode_change_no_byte(tmp_path: Path, small: dict[str, Any]) -> None:
    # The first matrix is large enough to be shared.
    wide = {**small, "layers": [784, 700, 47], "episodes": 2}
    one, two = (
        mp.meta_train(out=tmp_path / str(n), episode_threads=n, progress=False, **wide) for n in (1, 2)
    )
    assert contents(one.path) == contents(two.path)


def test_wrong_settings_say_which(tmp_path: Path, small: dict[str, Any]) -> None:
    for settings, text in [
        ({"episode": 3}, "unknown key `episode`; did you mean `episodes`"),
        ({"episodes": 0}, "episodes: 0"),
        ({"feedback": "fxied"}, "feedback: unknown feedback `fxied`"),
        ({"lr": float("nan")}, "lr: nan"),
        ({"term": ["hebb = y *"]}, "hebb = y"),
        ({"seed": 2**64}, "seed|integer|beyond"),
        ({"threads": 0}, "threads"),
        ({"episode_threads": 0}, "episode_threads"),
        ({"ways": 48}, "ways: 48 classes"),
    ]:
        with pytest.raises(ValueError, match=text):
            mp.meta_train(out=tmp_path / "no", progress=False, **{**small, **settings})
    with pytest.raises(TypeError):
        mp.meta_train(out=tmp_path / "no", lr=object(), **small)
    with pytest.raises(ValueError, match="own settings"):
        mp.Training(resume=tmp_path, lr=1e-3)
    assert not (tmp_path / "no").exists()


def test_giving_up_is_an_error_with_its_place(tmp_path: Path, small: dict[str, Any]) -> None:
    with pytest.raises(mp.DivergedError) as caught:
        mp.meta_train(
            out=tmp_path / "run",
            progress=False,
            preset="pool",
            theta_start=["F3=-5"],
            patience=2,
            **small,
        )
    assert caught.value.episode is not None and caught.value.term is not None


def test_evaluation_is_that_of_the_command(tmp_path: Path, small: dict[str, Any]) -> None:
    run = mp.meta_train(out=tmp_path / "run", progress=False, **small)
    rule, network = run.rule, run.network
    rate = mp.Rule("F0", [0.01])
    symmetric = mp.Network(network.sizes, feedback="symmetric")
    rate.save(tmp_path / "fa.toml", network)
    rate.save(tmp_path / "bp.toml", symmetric)
    words = ["--tasks", "6", "--json", "--fa", tmp_path / "fa.toml", "--bp", tmp_path / "bp.toml"]
    said = json.loads(command("evaluate", run.path / "rule.toml", *words).stdout)
    tasks = mp.Tasks(mp.glyphs(per_class=12), ways=3, shots=4, queries=3)
    rules = {"found": rule, "FA": rate, "BP": (rate, symmetric)}
    table = mp.evaluate(rules, network, tasks, n=6)
    for row, theirs in zip(table, said["rules"]):
        assert row.accuracy == theirs["accuracy"]
        assert [row.low, row.high] == theirs["interval"]
        assert row.loss == theirs["query_ce"]
    assert table.difference("BP", "BP") == (0.0, 0.0, 0.0)
    assert "found" in repr(table)


def test_tasks_are_those_of_the_command(small: dict[str, Any]) -> None:
    """An episode on arrays is the training's own, bit for bit."""
    from metaplast import cluster

    theta = [1e-3, -1e-3, 1e-4]
    loss, accuracy, gradient, *_ = cluster.episode(small, theta, 0, 3)
    tasks = mp.Tasks(mp.glyphs(per_class=12), ways=3, shots=4, queries=3)
    network = mp.Network([784, 9, 47])
    rule = mp.Rule.preset("bio").with_theta(theta)
    start, task = network.start(1, 0, 3), tasks.sample(1, 0, 3)
    outcome = mp.value_and_grad(rule, network, start, task)
    assert (outcome.loss, outcome.accuracy) == (loss, accuracy)
    assert outcome.gradient.tolist() == gradient


def test_shards_and_executors_sweep_alike(tmp_path: Path, small: dict[str, Any]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    plan = {"base": {**small, "episodes": 3}, "grid": {"lr": [1e-3, 1e-2], "seed": [1, 2]}}
    whole = mp.sweep(plan, out=tmp_path / "whole")
    mp.sweep(plan, out=tmp_path / "shards", shard=(1, 2))
    with pytest.raises(RuntimeError, match="missing"):
        mp.sweeps.run_command(
            str(tmp_path / "shards.toml"), str(tmp_path / "shards"), ["--gather"], None
        )
    mp.sweep(plan, out=tmp_path / "shards", shard=(2, 2))
    shards = mp.sweep(plan, out=tmp_path / "shards")
    with ThreadPoolExecutor(2) as executor:
        pooled = mp.sweep(plan, out=tmp_path / "pooled", executor=executor)
    assert len(whole.table) == len(whole.runs) == 4
    for other in (shards, pooled):
        assert other.table == whole.table
        for name, run in whole.runs.items():
            assert contents(run.path) == contents(other.runs[name].path)


def recorded(network: mp.Network) -> dict[str, Any]:
    """What a network of 6-5-3 units shows that learns by F0 and F9."""
    rule = mp.Rule(["F0", "F9"], [0.05, 0.01])
    random = np.random.default_rng(2)
    x, y = random.random((40, 6)), random.integers(0, 3, 40)
    start = network.start(1, dtype="float64")
    times = [0, 20, 40]
    seen = [
        mp.learn(rule, network, start, x[:t], y[:t]) if t else start.weights for t in times
    ]
    recording = {"inputs": x, "labels": y, "times": np.array(times)}
    for l in (0, 1):
        recording[f"W0.{l + 1}"] = start.weights[l]
        recording[f"B.{l + 1}"] = start.feedback[l]
        recording[f"W.{l + 1}"] = np.stack([w[l] for w in seen])
    return recording


def test_a_fit_finds_the_rule_of_a_recording() -> None:
    network = mp.Network([6, 5, 3])
    recording = recorded(network)
    found = mp.fit(recording, ["F0", "F3", "F9"], network)
    np.testing.assert_allclose(found.theta, [0.05, 0, 0.01], atol=1e-6)
    assert found.converged and found.r_squared > 0.9999 and found.intervals.shape == (3, 2)
    with pytest.raises(ValueError, match="layers"):
        mp.fit(recording, ["F0"], mp.Network([6, 4, 3]))


def test_few_of_many_candidates_are_found_in_a_recording() -> None:
    network = mp.Network([6, 5, 3])
    candidates = ["e * y_pre^T", "y * e_pre^T", "oja = y * y_pre^T - (y * y^T) * W", "decay = W"]
    found = mp.fit_candidates(recorded(network), network, candidates, seed=3)
    assert found.fit.rule.names[1] == "oja" and found.chosen[1] == "oja"
    np.testing.assert_allclose(found.fit.theta, [-0.05, 0.01], atol=1e-5)
    assert len(found.candidates) == 4 and found.candidates[2].expression.startswith("y * y_pre^T")
    assert set(found.same) == set(found.chosen) and found.fit.intervals.shape == (2, 2)
    kept = mp.fit_candidates(recorded(network), network, candidates[2:], keep=mp.Rule("F0"))
    assert kept.fit.rule.names == ("F0", "oja")
    with pytest.raises(ValueError, match="most-terms|most_terms"):
        mp.fit_candidates(recorded(network), network, candidates, most_terms=0)


def test_an_explanation_is_that_of_the_command(tmp_path: Path, small: dict[str, Any]) -> None:
    run = mp.meta_train(out=tmp_path / "run", progress=False, **small)
    found = mp.explain(run, tasks=2, out=tmp_path / "explained")
    said = command("explain", run.path, "--tasks", "2", "--out", tmp_path / "again", "--json").stdout
    assert found == json.loads(said)
    assert (tmp_path / "explained" / "report.html").is_file()
    for layer in found["layers"]:
        assert sum(part["share"]["mean"] for part in layer["terms"]) == pytest.approx(1)
    tasks = {key: small[key] for key in ("ways", "shots", "queries", "glyphs_per_class") if key in small}
    assert mp.explain(run.rule, run.network, tasks=1, **tasks)["layers"][0]["terms"]
    with pytest.raises(TypeError, match="its own"):
        mp.explain(run, run.network)
    with pytest.raises(ValueError, match="rule.toml"):
        mp.explain(tmp_path)
