"""Images, and few-shot tasks drawn from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast
from metaplast._arrays import Array, array, labels, whole


class Dataset:
    """Images with labels.

    >>> images = np.zeros([6, 2, 2], dtype=np.float32)
    >>> Dataset(images, [0, 0, 1, 1, 2, 2])
    Dataset(6 images of 2x2, 3 classes)

    Args:
        images: ``[n, ...]``; bytes, where 255 is full ink, or floats, which are taken as they are.
        labels: The class of each image, from 0.
    """

    def __init__(self, images: Any, labels: Any) -> None:
        found = array(images, "images")
        if found.ndim < 2 or not found.size:
            raise ValueError(f"images: of shape {list(found.shape)}; give [n, ...]")
        if found.dtype not in (np.uint8, np.float32, np.float64):
            raise TypeError(f"images: of {found.dtype}; give uint8, float32 or float64")
        classes = _labels(labels)
        if len(classes) != len(found):
            raise ValueError(f"{len(classes)} labels for {len(found)} images; give one for each")
        if classes.min() < 0 or classes.max() >= 1 << 16:
            raise ValueError("labels: classes are numbered from 0, 65536 at most")
        self.images: Array = found
        """As given."""
        self.labels: npt.NDArray[np.int64] = classes
        """The class of each image."""
        self._inner = _metaplast.Dataset.of_labels(classes.astype(np.uint32))
        self._recipe: tuple[str, tuple[Any, ...]] | None = None

    @classmethod
    def _of(cls, inner: _metaplast.Dataset, recipe: tuple[str, tuple[Any, ...]]) -> Dataset:
        dataset = cls.__new__(cls)
        dataset.images = inner.images()
        dataset.labels = inner.labels()
        dataset._inner = inner
        dataset._recipe = recipe
        return dataset

    @property
    def class_names(self) -> list[str]:
        """What each class is called."""
        return self._inner.class_names

    def inputs(self, numbers: Any) -> Array:
        """The images of these numbers as inputs of a network, one per row; bytes become float32 in 0..1."""
        chosen = self.images[np.asarray(numbers)]
        rows = chosen.reshape(len(chosen), -1)
        if rows.dtype == np.uint8:
            return rows.astype(np.float32) / np.float32(255)
        return rows

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes an ``.npz`` file that the command reads, too; images are to be bytes."""
        if self.images.dtype != np.uint8:
            raise TypeError("images: the command reads bytes; give a Dataset of uint8")
        np.savez_compressed(os.fspath(path), images=self.images, labels=self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._recipe is None:
            return Dataset, (self.images, self.labels)
        return _opened, self._recipe

    def __repr__(self) -> str:
        size = "x".join(str(n) for n in self.images.shape[1:])
        classes = len(np.unique(self.labels))
        return f"Dataset({len(self)} images of {size}, {classes} classes)"


def glyphs(per_class: int = 400, seed: int = 1) -> Dataset:
    """Handwriting of 47 characters, drawn from stroke skeletons: data without a download.

    >>> glyphs(per_class=2)
    Dataset(94 images of 28x28, 47 classes)
    """
    return _opened("glyphs", whole(per_class, "per_class", 1), whole(seed, "seed"))


def load(name_or_dir: str | os.PathLike[str]) -> Dataset:
    """A published data set that ``metaplast data fetch`` has fetched (``emnist``, ``mnist``, ``fashion``), a
    directory with IDX files or with one of pictures for each class, or a table of images, ``.csv`` or
    ``.npz``; see ``docs/data.md``."""
    return _opened("load", os.fspath(name_or_dir))


def _opened(source: str, *arguments: Any) -> Dataset:
    inner = _metaplast.glyphs(*arguments) if source == "glyphs" else _metaplast.load(*arguments)
    return Dataset._of(inner, (source, *arguments))


@dataclass(frozen=True, eq=False)
class Task:
    """A few-shot task: learn from the support set, be judged on the query set."""

    support_x: Array
    """Inputs to learn from, one per row, in the order in which they are shown."""
    support_y: npt.NDArray[np.int64]
    """Their classes."""
    query_x: Array
    """Inputs to be judged on."""
    query_y: npt.NDArray[np.int64]
    """Their classes."""
    classes: tuple[int, ...] = ()
    """The classes of the task, in the order drawn."""


class Tasks:
    """Draws few-shot tasks: ``ways`` classes, ``shots`` images of each to learn from and ``queries`` to be
    judged on.

    >>> task = Tasks(glyphs(per_class=20), ways=3, shots=10, queries=5).sample(seed=1)
    >>> task.support_x.shape, task.query_y.shape
    ((30, 784), (15,))

    Args:
        dataset: The images.
        classes: Draw from these classes only.
        sampling: ``fresh`` draws images anew for each task; ``paper`` takes the first of each class, as the
            paper's program does.
    """

    def __init__(
        self,
        dataset: Dataset,
        ways: int = 5,
        shots: int = 50,
        queries: int = 10,
        *,
        classes: Sequence[int] | None = None,
        sampling: str = "fresh",
    ) -> None:
        if not isinstance(dataset, Dataset):
            raise TypeError("dataset: give a Dataset, glyphs() or load(...)")
        if not isinstance(sampling, str):
            raise TypeError("sampling: give 'fresh' or 'paper'")
        self.dataset = dataset
        self.ways = whole(ways, "ways")
        self.shots = whole(shots, "shots")
        self.queries = whole(queries, "queries")
        self.classes = None if classes is None else [whole(c, "classes") for c in classes]
        self.sampling = sampling
        self._inner = _metaplast.Sampler(
            dataset._inner, self.ways, self.shots, self.queries, self.classes, sampling
        )

    def sample(self, seed: int, trial: int = 0, episode: int = 0) -> Task:
        """The task of an episode, the same as the command draws from the same images."""
        key = [whole(seed, "seed"), whole(trial, "trial"), whole(episode, "episode")]
        classes, support, query = self._inner.sample(self.dataset._inner, key[0], key[1], key[2])
        dataset = self.dataset
        return Task(
            support_x=dataset.inputs(support),
            support_y=dataset.labels[support],
            query_x=dataset.inputs(query),
            query_y=dataset.labels[query],
            classes=tuple(classes),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        parts = (self.dataset, self.ways, self.shots, self.queries, self.classes, self.sampling)
        return _restored, parts

    def __repr__(self) -> str:
        return (
            f"Tasks({self.dataset!r}, ways={self.ways}, shots={self.shots}, queries={self.queries})"
        )


def _restored(
    dataset: Dataset,
    ways: int,
    shots: int,
    queries: int,
    classes: list[int] | None,
    sampling: str,
) -> Tasks:
    return Tasks(dataset, ways, shots, queries, classes=classes, sampling=sampling)


def _labels(value: Any) -> npt.NDArray[np.int64]:
    return labels(value, "labels")
