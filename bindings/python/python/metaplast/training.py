"""Meta-training: episodes one after the other, θ moving between them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from metaplast import _metaplast, cluster
from metaplast._settings import to_toml
from metaplast.runs import Run

_POLL = 0.05
"""Seconds after which an interruption is heard at the latest."""


@dataclass(frozen=True, eq=False)
class Record:
    """One episode of a meta-training."""

    trial: int
    episode: int
    theta: npt.NDArray[np.float64]
    """θ during the episode, before the step that follows it."""
    meta_loss: float
    """``loss + λ‖θ‖₁``"""
    loss: float
    """Query cross-entropy, in nats."""
    accuracy: float
    """On the query images."""
    angles: npt.NDArray[np.float64]
    """Degrees between the mean teaching signals ``e_0..e_L`` and those of backpropagation."""
    orthonormality: npt.NDArray[np.float64]
    weight_norms: npt.NDArray[np.float64]
    diverged: bool
    """Whether the meta-batch of this episode diverged."""
    divergence: tuple[int, int, str] | None
    """Step, layer and term of the update that was too large, where this episode diverged."""


class Training:
    """A meta-training as an iterator of :class:`Record`.

    Leaving the loop by ``break``, an exception or Ctrl-C stops it, with a checkpoint from which
    ``Run(...).resume()`` goes on; the files at the end are the same as without interruption.

    >>> import tempfile
    >>> out = os.path.join(tempfile.mkdtemp(), "run")
    >>> small = dict(glyphs_per_class=12, layers=[784, 8, 47], ways=2, shots=3, queries=2, episodes=5)
    >>> for record in Training(out=out, **small):
    ...     if record.episode == 2:
    ...         break
    >>> len(Run(out).resume().episodes)
    5

    Args:
        out: The run directory to make, ``runs/NAME-1`` or the next free number unless given.
        resume: Instead of ``settings``: a run directory to go on with; then only ``episodes``, more than the
            run has, ``threads``, ``episode_threads`` and ``checkpoint_every`` may be given.
        executor: Runs the episodes, if given: any ``concurrent.futures.Executor``, of threads, processes or
            other machines. A meta-batch goes out at once, so ``meta_batch`` or ``trials`` are to be as large
            as there are workers. θ, and every file, is the same, bit for bit.
        settings: Every key of ``config.toml``, as ``metaplast meta-train --help`` describes the flags.

    Raises:
        ValueError: If a setting cannot be.
        DivergedError: While iterating, if episode after episode diverges.
    """

    def __init__(
        self,
        *,
        out: str | os.PathLike[str] | None = None,
        resume: str | os.PathLike[str] | None = None,
        executor: Executor | None = None,
        **settings: Any,
    ) -> None:
        self._closed = True
        if resume is not None:
            given = {name for name, value in settings.items() if value is not None}
            others = given - {"episodes", "threads", "episode_threads", "checkpoint_every"}
            if out is not None or others:
                named = ", ".join(sorted(others | ({"out"} if out is not None else set())))
                raise ValueError(f"{named}: a run goes on with its own settings")
        self._executor = executor
        self._settings = ""
        self._pending: dict[int, list[Future[cluster.Parts]]] = {}
        self._answered = threading.Event()
        self._ended = False
        self._directory: str | None = None
        self.finished = False
        """Whether the training came to its last episode."""
        self.notes: list[str] = []
        """What is worth knowing about it, a line each."""
        self._inner = _metaplast.Training(
            to_toml(settings),
            None if out is None else os.fspath(out),
            None if resume is None else os.fspath(resume),
            executor is not None,
        )
        self._closed = False

    @property
    def run(self) -> Run:
        """The run directory, once the training has ended."""
        if self._directory is None:
            raise ValueError("the training has not ended")
        return Run(self._directory)

    def __iter__(self) -> Iterator[Record]:
        try:
            while (record := self._next()) is not None:
                yield record
        finally:
            self.close()

    def close(self) -> None:
        """Stops after the episodes that are under way, with a checkpoint; does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        self._inner.stop()
        for futures in self._pending.values():
            for future in futures:
                future.cancel()
        self._pending.clear()
        try:
            while not self._ended:
                self._message(_POLL)
        finally:
            self._inner.join()

    def __enter__(self) -> Training:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if not self._closed:
            self._inner.stop()
            self._inner.join()

    def _next(self) -> Record | None:
        while not self._closed and not self._ended:
            if self._pending:
                self._answer()
            found = self._message(0.0 if self._pending else _POLL)
            if isinstance(found, Record):
                return found
            if found is None and self._pending:
                self._answered.wait(_POLL)
        return None

    def _message(self, seconds: float) -> Record | str | None:
        """The next record, another kind of message by name, or nothing within this time."""
        try:
            message = self._inner.poll(seconds)
        except Exception:
            self._ended = True
            raise
        if message is None:
            return None
        kind, contents = message
        if kind == "episode":
            for name in ("theta", "angles", "orthonormality", "weight_norms"):
                contents[name] = np.asarray(contents[name], dtype=np.float64)
            return Record(**contents)
        if kind == "begun":
            self._settings = contents["settings"]
        elif kind == "note":
            self.notes.append(contents["text"])
        elif kind == "wanted":
            self._submit(**contents)
        elif kind == "ended":
            self._directory = os.fspath(contents["directory"])
            self.finished = contents["finished"]
            self._ended = True
        return kind

    def _submit(self, ticket: int, trial: int, first: int, end: int, theta: list[float]) -> None:
        if self._closed or self._executor is None:
            self._inner.reply(ticket, None)
            return
        futures: list[Future[cluster.Parts]] = []
        self._pending[ticket] = futures
        for episode in range(first, end):
            future = self._executor.submit(cluster.episode, self._settings, theta, trial, episode)
            future.add_done_callback(lambda _: self._answered.set())
            futures.append(future)

    def _answer(self) -> None:
        """Hands over what is complete, in the order of the episodes."""
        self._answered.clear()
        for ticket, futures in list(self._pending.items()):
            if all(future.done() for future in futures):
                del self._pending[ticket]
                self._inner.reply(ticket, [future.result() for future in futures])


def meta_train(
    *,
    out: str | os.PathLike[str] | None = None,
    progress: bool | None = None,
    callback: Callable[[Record], object] | None = None,
    threads: int | None = None,
    episode_threads: int | None = None,
    executor: Executor | None = None,
    resume: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Run:
    """Finds the coefficients θ of a rule by gradient descent through whole episodes.

    It writes a run directory, the same bytes as ``metaplast meta-train`` with these settings.

    >>> import tempfile
    >>> run = meta_train(
    ...     out=os.path.join(tempfile.mkdtemp(), "run"), preset="bio", episodes=4, glyphs_per_class=12,
    ...     layers=[784, 8, 47], ways=2, shots=3, queries=2, progress=False,
    ... )
    >>> run.rule.names
    ('F0', 'F2', 'F9')

    Args:
        progress: Whether to show a bar, where ``tqdm`` is installed; by default on a terminal or in a
            notebook.
        callback: Called with each :class:`Record`; an exception stops the run, with a checkpoint.
        threads: For trials and meta-batches; all of the machine unless given. It changes no bit.
        episode_threads: Threads that share the matrices of each episode, for networks of a million weights and
            more; 1 unless given. It changes no bit either.

    See :class:`Training` for the other arguments and for errors.
    """
    settings |= {"threads": threads, "episode_threads": episode_threads}
    training = Training(out=out, resume=resume, executor=executor, **settings)
    bar = _bar(progress, settings)
    try:
        for record in training:
            if bar is not None:
                bar.update(1)
                bar.set_postfix(loss=f"{record.loss:.3f}", accuracy=f"{record.accuracy:.3f}")
            if callback is not None:
                callback(record)
    finally:
        training.close()
        if bar is not None:
            bar.close()
    return training.run


def _bar(progress: bool | None, settings: dict[str, Any]) -> Any:
    if progress is False:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    total = (settings.get("episodes") or 600) * (settings.get("trials") or 1)
    return tqdm(total=total, disable=None if progress is None else False, unit="episode")
