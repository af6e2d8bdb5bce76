"""Executors of every kind: the same bytes as the command, whoever runs the episodes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from conftest import contents

import metaplast as mp


@contextmanager
def executor(kind: str, workers: int) -> Iterator[Executor]:
    if kind == "threads":
        with ThreadPoolExecutor(workers) as pool:
            yield pool
    elif kind == "processes":
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield pool
    else:
        distributed = pytest.importorskip("distributed")
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None
        )
        with cluster, distributed.Client(cluster) as client:
            yield client.get_executor()


@pytest.fixture
def wide(small: dict[str, Any]) -> dict[str, Any]:
    return {**small, "episodes": 8, "meta_batch": 4, "trials": 2}


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("kind", ["threads", "processes", "dask"])
def test_executors_change_no_byte(
    tmp_path: Path, wide: dict[str, Any], kind: str, workers: int
) -> None:
    alone = mp.meta_train(out=tmp_path / "alone", progress=False, **wide)
    with executor(kind, workers) as pool:
        run = mp.meta_train(out=tmp_path / "run", executor=pool, progress=False, **wide)
    assert contents(run.path) == contents(alone.path)


def test_evaluations_change_no_bit(small: dict[str, Any]) -> None:
    tasks = mp.Tasks(mp.glyphs(per_class=12), ways=3, shots=4, queries=3)
    network, rule = mp.Network([784, 9, 47]), mp.Rule("F0", [0.02])
    alone = mp.evaluate(rule, network, tasks, n=6)
    with executor("processes", 2) as pool:
        assert list(mp.evaluate(rule, network, tasks, n=6, executor=pool)) == list(alone)


def test_a_worker_of_dask_that_is_killed(tmp_path: Path, wide: dict[str, Any]) -> None:
    distributed = pytest.importorskip("distributed")
    wide["episodes"] = 40
    alone = mp.meta_train(out=tmp_path / "alone", progress=False, **wide)
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        training = mp.Training(out=tmp_path / "run", executor=client.get_executor(), **wide)
        for record in training:
            if record.trial == 0 and record.episode == 8:
                process = next(iter(client.run(os.getpid).values()))
                os.kill(process, 9)
    assert training.finished
    assert contents(training.run.path) == contents(alone.path)


def test_an_episode_that_fails_stops_the_training(tmp_path: Path, wide: dict[str, Any]) -> None:
    class Failing(ThreadPoolExecutor):
        def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Any:
            if arguments[-1] == 5:
                return super().submit(self.fail)
            return super().submit(function, *arguments, **keywords)

        @staticmethod
        def fail() -> None:
            raise ZeroDivisionError

    with Failing(2) as pool, pytest.raises(ZeroDivisionError):
        mp.meta_train(out=tmp_path / "run", executor=pool, progress=False, **wide)
    resumed = mp.Run(tmp_path / "run").resume()
    alone = mp.meta_train(out=tmp_path / "alone", progress=False, **wide)
    assert contents(resumed.path) == contents(alone.path)


MPI = """
import sys, metaplast as mp
from mpi4py.futures import MPIPoolExecutor
if __name__ == "__main__":
    with MPIPoolExecutor() as pool:
        mp.meta_train(out=sys.argv[1], executor=pool, progress=False, **eval(sys.argv[2]))
"""


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_mpi4py(tmp_path: Path, wide: dict[str, Any], workers: int) -> None:
    pytest.importorskip("mpi4py")
    # From the package index it is installed beside the interpreter.
    beside = os.path.dirname(sys.executable) + os.pathsep + os.environ.get("PATH", "")
    mpiexec = shutil.which("mpiexec", path=beside)
    if mpiexec is None:
        pytest.skip("mpiexec is not installed")
    script = tmp_path / "script.py"
    script.write_text(MPI)
    environment = {
        **os.environ,
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }
    line = [mpiexec, "--oversubscribe", "-n", str(workers + 1), sys.executable]
    words = ["-m", "mpi4py.futures", str(script), str(tmp_path / "run"), repr(wide)]
    done = subprocess.run(
        [*line, *words], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    alone = mp.meta_train(out=tmp_path / "alone", progress=False, **wide)
    assert contents(tmp_path / "run") == contents(alone.path)
