"""What other published systems offer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from conftest import command

from metaplast import _command, experiments, identify, predictive, reservoir, search, spiking


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


def backpropagation(weights: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Gradients of ½ Σ (output − y)² through tanh layers and a linear one, by hand."""
    activity = [x]
    for number, w in enumerate(weights, start=1):
        z = activity[-1] @ w.T
        activity.append(z if number == len(weights) else np.tanh(z))
    delta = activity[-1] - y
    gradients = []
    for number in range(len(weights), 0, -1):
        gradients.insert(0, delta.T @ activity[number - 1])
        delta = (delta @ weights[number - 1]) * (1 - activity[number - 1] ** 2)
    return gradients


def test_predictive_coding_is_backpropagation_where_it_should_be() -> None:
    random = np.random.default_rng(3)
    weights = [random.normal(size=shape) / 2 for shape in [(5, 4), (4, 5), (2, 4)]]
    layers = [predictive.Dense(w, activation="tanh") for w in weights[:-1]]
    layers.append(predictive.Dense(weights[-1]))
    x, y = random.normal(size=(3, 4)), random.normal(size=(3, 2))
    exact = predictive.infer(layers, x, y, method="exact", loss="half-square")
    for found, expected in zip(exact.gradients, backpropagation(weights, x, y)):
        np.testing.assert_allclose(found[0], expected, rtol=1e-10, atol=1e-14)
    for method in ("fixed-prediction", "zero-divergence"):
        same = predictive.infer(layers, x, y, method=method, eta=1, iterations=3, loss="half-square")
        for found, expected in zip(same.gradients, exact.gradients):
            np.testing.assert_allclose(found[0], expected[0], rtol=1e-10, atol=1e-14)
    strict = predictive.infer(layers, x, y, iterations=300, loss="half-square")
    assert strict.unrest < 1e-5 and strict.errors_are_final
    energies = np.sum(strict.energies, axis=1)
    assert len(energies) == 301 and (np.diff(energies) < 1e-12).all()
    assert all(agreement.angle > 1 for agreement in predictive.compare(strict, exact))
    with pytest.raises(ValueError, match="choose exact"):
        predictive.infer(layers, x, y, method="none", loss="half-square")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="layer 2"):
        predictive.infer([layers[0], layers[2]], x, y, loss="half-square")
    with pytest.raises(ValueError, match="bias"):
        predictive.infer([predictive.Dense(weights[0], bias=[1.0])], x, [0, 1, 2])


def test_a_reservoir_draws() -> None:
    looks: list[tuple[int, int]] = []
    force = reservoir.simulate(
        "drawing",
        "force",
        units=60,
        steps=300,
        progress=lambda done, total: looks.append((done, total)),
    )
    assert force.outputs.shape == (4500, 2) and force.learning_steps == 3000
    assert looks[-1] == (4500, 4500)
    distance = np.linalg.norm(force.positions - force.targets, axis=1)[3000:]
    assert force.deviation["mean_distance"] == pytest.approx(distance.mean(), rel=1e-12)
    again = reservoir.simulate("drawing", "force", units=60, steps=300)
    assert again.outputs.tobytes() == force.outputs.tobytes()
    arm = reservoir.simulate("arm", segments=3, learning=1, testing=1, units=60, steps=300)
    assert arm.outputs.shape == (600, 3) and arm.positions.shape == (600, 2)
    with pytest.raises(ValueError, match="segments"):
        reservoir.simulate("arm", segments=0)
    with pytest.raises(ValueError, match="variant"):
        reservoir.simulate(variant="ours")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="force"):
        reservoir.simulate("arm", "force")
    with pytest.raises(ValueError, match="memory"):
        reservoir.simulate(steps=10_000_000, learning=1000)


def test_a_spiking_network_learns_the_same_from_the_same_seed() -> None:
    clips = spiking.generated_speech(recordings=3)
    train, test = clips[clips.recordings > 0], clips[clips.recordings == 0]
    trained = [spiking.Trainer(train, layers=[20], epochs=2, rate=1e-2) for _ in range(2)]
    losses = [[trainer.epoch() for _ in range(2)] for trainer in trained]
    assert losses[0] == losses[1] and losses[0][1] < losses[0][0]
    assert trained[0].test(test) == trained[1].test(test)
    parameters = trained[0].parameters
    assert parameters["layer.1.weights"].shape == (20, 40)
    assert parameters["readout.membrane_time"].shape == (10,)
    with pytest.raises(ValueError, match="slope"):
        spiking.Trainer(train, slope="steep")
    with pytest.raises(ValueError, match="channels"):
        trained[0].test(
            spiking.Clips(test.spikes[:, :, :7], test.labels, test.classes, [], test.recordings)
        )
    with pytest.raises(ValueError, match="none"):
        spiking.read_speech("none")
    with pytest.raises(ValueError, match="memory"):
        spiking.Trainer(train, layers=[100_000, 100_000], recurrence=True)


def worth(settings: dict[str, float]) -> float:
    return -((settings["a"] - 3) ** 2) - (settings["b"] - 1) ** 2


def test_a_search_tries_the_same_with_an_executor_and_goes_on() -> None:
    space = {"a": range(6), "b": range(6)}
    whole = search.search(space, worth, budget=20, seed=3)
    assert len({tuple(c.settings.items()) for c in whole.tried}) == 20
    assert whole.best.reward == max(c.reward for c in whole.tried)
    with ThreadPoolExecutor(3) as executor:
        assert search.search(space, worth, budget=20, seed=3, executor=executor) == whole
    half = search.search(space, worth, budget=9, seed=3)
    assert half.tried == whole.tried[:9]
    seen: list[search.Candidate] = []
    more = search.search(space, worth, budget=20, seed=3, tried=half.tried, progress=seen.append)
    assert more == whole and tuple(seen) == whole.tried[9:]
    every = search.search(space, worth, budget=100, method="evolution")
    assert len(every.tried) == 36 and every.best.settings == {"a": 3, "b": 1}
    with pytest.raises(ValueError, match="candidate 0"):
        search.search(space, worth, budget=20, seed=4, tried=half.tried)
    with pytest.raises(ValueError, match="method: .*choose one of"):
        search.search(space, worth, budget=2, method="annealing")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="b has no option"):
        search.search({"a": [1], "b": []}, worth, budget=2)
    with pytest.raises(ValueError, match="no settings"):
        search.search({}, worth, budget=2)
    with pytest.raises(ValueError, match="no reward"):
        search.search(space, lambda _: float("nan"), budget=2).best
