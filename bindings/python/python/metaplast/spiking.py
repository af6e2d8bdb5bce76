"""Spiking networks trained by backpropagation through time, their neurons' own parameters too.

``docs/spiking.md`` explains networks (ScSr-SNN), the training of time constants and thresholds (BIP) and the
local rule beside it. All is in single precision, and the same seed gives the same bits.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import array, labels, real, whole

__all__ = ["Clips", "Test", "Trainer", "generated_speech", "read_speech"]

_Bytes: TypeAlias = npt.NDArray[np.uint8]
_Labels: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clips:
    """Recordings as spikes.

    Attributes:
        spikes: 1 where a channel spikes, ``[clips, steps, channels]``.
        labels: The class of each, as a place in ``classes``.
        classes: Their names.
        speakers: Who speaks; empty where nobody knows.
        recordings: The number of each among those of its speaker and class.
    """

    spikes: _Bytes = field(repr=False)
    labels: _Labels = field(repr=False)
    classes: list[str]
    speakers: list[str] = field(repr=False)
    recordings: _Labels = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Any) -> Clips:
        """The clips at some places, or those of a mask such as ``clips.recordings < 5``."""
        chosen = np.arange(len(self))[places]
        if chosen.ndim != 1:
            raise TypeError("give a slice, a mask or a list of places")
        return Clips(
            self.spikes[chosen],
            self.labels[chosen],
            self.classes,
            [self.speakers[place] for place in chosen],
            self.recordings[chosen],
        )


@dataclass(frozen=True)
class Test:
    """How a network does on clips.

    Attributes:
        accuracy: The part that it tells right.
        rates: The mean rate of each layer, in spikes per neuron and step.
    """

    accuracy: float
    rates: list[float]


def read_speech(directory: str | os.PathLike[str]) -> Clips:
    """The WAV files of a directory, one folder a class or names like ``7_jackson_32.wav``, as spikes of 40 bands
    by 64 steps."""
    return Clips(**_metaplast.speech(os.fspath(directory)))


def generated_speech(
    *, speakers: int = 6, recordings: int = 50, noise: float = 0.12, seed: int = 1
) -> Clips:
    """Patterns like ten spoken digits, where no recordings are at hand.

    >>> clips = generated_speech(recordings=2)
    >>> clips.spikes.shape[0], len(clips[clips.recordings == 0])
    (120, 60)
    """
    speaking, recorded = whole(speakers, "speakers"), whole(recordings, "recordings")
    return Clips(
        **_metaplast.generated_speech(speaking, recorded, real(noise, "noise"), whole(seed, "seed"))
    )


class Trainer:
    """A network in training.

    Args:
        clips: To train with.
        layers: Neurons of each hidden layer.
        skips: Whether later layers see the input too, and the readout the first layer.
        self_loops: Whether each neuron has a synapse onto itself.
        recurrence: Whether each has one onto every neuron of its layer.
        slope: Of a spike, as ``fast-sigmoid:5``, ``logistic:4``, ``triangular:1`` or ``arctan:1``.
        epochs: For which the rates fall to zero.
        batch: Clips of a batch.
        rate: Adam's rate of the synapses at the beginning.
        intrinsic: How time constants and thresholds change: ``backpropagated`` (BIP), ``local`` (SpiKL-IP) or
            ``fixed``.
        intrinsic_rate: Adam's rate of theirs.
        frozen: Whether hidden synapses keep their random start.

    >>> clips = generated_speech(recordings=3)
    >>> train, test = clips[clips.recordings > 0], clips[clips.recordings == 0]
    >>> trainer = Trainer(train, layers=[20, 20], epochs=2, rate=1e-2)
    >>> losses = [trainer.epoch() for _ in range(2)]
    >>> losses[1] < losses[0], trainer.test(test).accuracy > 0.1
    (True, True)
    """

    def __init__(
        self,
        clips: Clips,
        *,
        layers: Sequence[int] = (100, 100),
        skips: bool = True,
        self_loops: bool = True,
        recurrence: bool = False,
        slope: str = "fast-sigmoid:5",
        epochs: int = 10,
        batch: int = 50,
        rate: float = 2e-3,
        intrinsic: Literal["backpropagated", "local", "fixed"] = "backpropagated",
        intrinsic_rate: float = 5e-3,
        frozen: bool = False,
        seed: int = 1,
    ) -> None:
        spikes, own_labels = _checked(clips)
        network = (
            [whole(n, "layers") for n in layers],
            bool(skips),
            bool(self_loops),
            bool(recurrence),
            str(slope),
        )
        training = (
            whole(epochs, "epochs"),
            whole(batch, "batch"),
            real(rate, "rate"),
            real(intrinsic_rate, "intrinsic_rate"),
            str(intrinsic),
            bool(frozen),
        )
        self._trainer = _metaplast.SpikingTrainer(
            spikes, own_labels, len(clips.classes), network, training, whole(seed, "seed")
        )

    def epoch(self) -> float:
        """Trains with each clip once: the mean loss of the batches, in nats."""
        return self._trainer.epoch()

    def test(self, clips: Clips) -> Test:
        """Tries the network on clips."""
        return Test(*self._trainer.test(*_checked(clips)))

    @property
    def parameters(self) -> dict[str, npt.NDArray[np.float32]]:
        """Every tensor by its name, such as ``layer.1.threshold``; a copy."""
        return self._trainer.parameters()


def _checked(clips: Clips) -> tuple[_Bytes, list[int]]:
    spikes = array(clips.spikes, "spikes")
    if spikes.ndim != 3 or spikes.dtype.kind not in "bui":
        raise ValueError(
            f"spikes: {spikes.dtype} of shape {list(spikes.shape)}; give clips by steps by channels of 0 and 1"
        )
    found = labels(clips.labels, "labels")
    if found.size and found.min() < 0:
        raise ValueError(f"labels: class {found.min()} is negative")
    return np.ascontiguousarray(spikes != 0, dtype=np.uint8), found.tolist()
