"""Ctrl-C while a training runs."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import contents

import metaplast as mp

LOOP = """
import sys, metaplast as mp
settings = eval(sys.argv[2])
try:
    for record in mp.Training(out=sys.argv[1], **settings):
        print(record.episode, flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(7)
"""


def hear_interruptions() -> None:
    """A shell's background jobs ignore interruptions, and so would what the tests start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", ["loop", "command"])
def test_an_interruption_is_heard_and_leaves_a_checkpoint(
    tmp_path: Path, small: dict[str, Any], how: str
) -> None:
    small["episodes"] = 100_000
    run = tmp_path / "run"
    if how == "loop":
        words = ["-c", LOOP, str(run), repr(small)]
        code = 7
    else:
        from conftest import flags

        words = ["-m", "metaplast", "meta-train", "--json", "--out", str(run), *flags(small)]
        code = 130
    process = subprocess.Popen(
        [sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interruptions,
    )
    try:
        assert process.stdout is not None
        for _ in range(5):
            assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == code
    assert (run / "checkpoint.toml").is_file()
    done = len(mp.Run(run).episodes)
    assert 5 <= done < 100_000
    small["episodes"] = done + 3
    # The checkpoint is that of a run with as many episodes, but for their number.
    whole = mp.meta_train(out=tmp_path / "whole", progress=False, **small)
    rows = contents(whole.path)["episodes.csv"]
    assert rows.startswith(contents(run)["episodes.csv"])


def test_closing_is_prompt_and_can_be_repeated(tmp_path: Path, small: dict[str, Any]) -> None:
    small["episodes"] = 100_000
    training = mp.Training(out=tmp_path / "run", **small)
    records = iter(training)
    next(records)
    begun = time.monotonic()
    training.close()
    training.close()
    # So long that a machine under load does not fail, and far from the whole training's.
    assert time.monotonic() - begun < 20
    assert list(records) == [] and not training.finished
    assert training.run.rule.names == ("F0", "F2", "F9")
