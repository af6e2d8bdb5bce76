from collections.abc import Sequence
from os import PathLike
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

__version__: str
__all__ = [
    "Dataset",
    "DivergedError",
    "Network",
    "ReservoirRun",
    "Rule",
    "Sampler",
    "Session",
    "SettingsSearch",
    "SpikingTrainer",
    "Training",
    "__version__",
    "agreement",
    "command",
    "evaluation",
    "fit",
    "generated_speech",
    "glyphs",
    "json_to_toml",
    "learn",
    "learn_vjp",
    "load",
    "loss_vjp",
    "paired_difference",
    "predictive_infer",
    "score",
    "simulate",
    "speech",
    "terms",
    "toml_to_json",
    "value_and_grad",
]

_Array: TypeAlias = npt.NDArray[Any]
_Start: TypeAlias = tuple[list[_Array], list[_Array], int]
_Rows: TypeAlias = tuple[_Array, npt.NDArray[np.int64]]
_Episode: TypeAlias = tuple[Rule, Network, _Start, _Rows, _Rows | None, int | None]
_Outcome: TypeAlias = tuple[
    float, float, list[float] | None, list[float], list[float], list[float], float
]

class DivergedError(RuntimeError):
    """Learning diverged."""

    episode: int | None
    step: int | None
    layer: int | None
    term: str | None

@final
class Rule:
    def __new__(
        cls,
        terms: Sequence[str],
        theta: Sequence[float] | None = None,
        per_layer: int | None = None,
        remember: Sequence[str] = ...,
    ) -> Rule: ...
    @staticmethod
    def preset(name: str) -> Rule: ...
    @staticmethod
    def read(path: str | PathLike[str]) -> tuple[Rule, Network]: ...
    def write(self, path: str | PathLike[str], network: Network) -> None: ...
    def with_theta(self, theta: Sequence[float]) -> Rule: ...
    def with_reward_delay(self, steps: int) -> Rule: ...
    @property
    def reward_delay(self) -> int: ...
    @property
    def theta(self) -> list[float]: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def terms(self) -> list[str]: ...
    @property
    def remember(self) -> list[str]: ...
    @property
    def constants(self) -> list[str]: ...
    @property
    def per_layer(self) -> int | None: ...

@final
class Network:
    def __new__(
        cls,
        layers: str | Sequence[int],
        feedback: str,
        beta: float,
        output: str,
        init_scale: float,
        activation: str,
    ) -> Network: ...
    @staticmethod
    def feedbacks() -> list[str]: ...
    def draw(self, seed: int, trial: int, episode: int, double: bool) -> _Start: ...
    @property
    def sizes(self) -> list[int]: ...
    @property
    def words(self) -> str | None: ...
    @property
    def activation(self) -> str: ...
    @property
    def feedback(self) -> str: ...
    @property
    def beta(self) -> float: ...
    @property
    def output(self) -> str: ...
    @property
    def init_scale(self) -> float: ...
    def feedback_shapes(self) -> list[list[int]]: ...

@final
class Dataset:
    @staticmethod
    def of_labels(labels: npt.NDArray[np.uint32]) -> Dataset: ...
    @property
    def class_names(self) -> list[str]: ...
    def images(self) -> npt.NDArray[np.uint8]: ...
    def labels(self) -> npt.NDArray[np.int64]: ...

@final
class Sampler:
    def __new__(
        cls,
        dataset: Dataset,
        ways: int,
        shots: int,
        queries: int,
        classes: Sequence[int] | None,
        sampling: str,
    ) -> Sampler: ...
    def sample(
        self, dataset: Dataset, seed: int, trial: int, episode: int
    ) -> tuple[list[int], npt.NDArray[np.int64], npt.NDArray[np.int64]]: ...

@final
class Session:
    def __new__(cls, settings: str) -> Session: ...
    def episode(self, theta: Sequence[float], trial: int, episode: int) -> _Outcome: ...

@final
class Training:
    def __new__(
        cls,
        settings: str,
        out: str | PathLike[str] | None,
        resume: str | PathLike[str] | None,
        remote: bool,
    ) -> Training: ...
    def poll(self, seconds: float) -> tuple[str, dict[str, Any]] | None: ...
    def reply(self, ticket: int, outcomes: Sequence[_Outcome] | None) -> None: ...
    def stop(self) -> None: ...
    def join(self) -> None: ...

def command(arguments: Sequence[str | PathLike[str]]) -> int: ...
def evaluation(
    losses: Sequence[float], accuracies: Sequence[float], outputs: int, seed: int
) -> tuple[float, float, float, float, int]: ...
def fit(
    recordings: str | PathLike[str],
    rule: Rule,
    network: Network,
    lambda_: float,
    seed: int,
    start: bool,
    n_threads: int | None,
) -> tuple[
    list[float], list[tuple[float, float] | None], float, bool, list[str], float | None
]: ...
def glyphs(per_class: int, seed: int) -> Dataset: ...
def json_to_toml(text: str) -> str: ...
def learn(parts: _Episode) -> list[_Array]: ...
def learn_vjp(
    parts: _Episode, cotangents: list[_Array], by_weights: bool
) -> tuple[list[float], list[_Array] | None]: ...
def load(name: str) -> Dataset: ...
def loss_vjp(
    parts: _Episode, by_weights: bool
) -> tuple[float, float, tuple[list[float], list[_Array] | None] | None]: ...
def paired_difference(
    accuracies: Sequence[float], minus: Sequence[float], seed: int
) -> tuple[float, float, float]: ...
def score(parts: _Episode) -> tuple[float, float]: ...
def simulate(
    parts: _Episode, every: int
) -> tuple[list[tuple[int, float, float, list[float]]], list[_Array]]: ...
def terms() -> list[tuple[str, str, str, str, str]]: ...
def toml_to_json(text: str) -> str: ...
def value_and_grad(
    parts: _Episode, gradient: str, memory: str | None, diagnostics: bool
) -> tuple[
    float, float, list[float], tuple[list[float], list[float], list[float]] | None
]: ...

@final
class ReservoirRun:
    def __new__(
        cls,
        task: str,
        segments: int,
        algorithm: str,
        variant: str,
        units: int,
        periods: tuple[int, int, int],
        is_free: bool,
        seed: int,
    ) -> ReservoirRun: ...
    def steps(self) -> int: ...
    def advance(self, steps: int) -> dict[str, npt.NDArray[np.float64]]: ...
    def deviation(self) -> list[tuple[str, float]] | None: ...

@final
class SettingsSearch:
    def __new__(
        cls, decisions: Sequence[tuple[str, int]], method: str, seed: int
    ) -> SettingsSearch: ...
    def ask(self) -> list[list[int]]: ...
    def tell(self, reward: float) -> None: ...

@final
class SpikingTrainer:
    def __new__(
        cls,
        spikes: npt.NDArray[np.uint8],
        labels: list[int],
        classes: int,
        network: tuple[list[int], bool, bool, bool, str],
        training: tuple[int, int, float, float, str, bool],
        seed: int,
    ) -> SpikingTrainer: ...
    def epoch(self) -> float: ...
    def test(
        self, spikes: npt.NDArray[np.uint8], labels: list[int]
    ) -> tuple[float, list[float]]: ...
    def parameters(self) -> dict[str, npt.NDArray[np.float32]]: ...

def predictive_infer(
    layers: Sequence[tuple[_Array, _Array | None, str]],
    x: _Array,
    classes: list[int] | None,
    values: _Array | None,
    method: tuple[str, float, int],
    loss: str,
) -> dict[str, Any]: ...
def agreement(gradient: _Array, reference: _Array) -> tuple[float, float, float]: ...
def speech(directory: str | PathLike[str]) -> dict[str, Any]: ...
def generated_speech(
    speakers: int, recordings: int, noise: float, seed: int
) -> dict[str, Any]: ...
