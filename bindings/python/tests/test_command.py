"""The command that the wheel brings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from conftest import command

import metaplast as mp


def test_exit_codes_are_the_commands(tmp_path: Path) -> None:
    assert "meta-train" in command("--help").stdout
    assert mp.__version__ in command("--version").stdout
    assert "episodes" in command("meta-train", "--episodes", "0", check=2).stderr
    assert command("no-such-command", check=2).stderr
    command("evaluate", tmp_path / "none.toml", check=2)


def test_the_console_script_is_the_command() -> None:
    script = Path(sys.executable).parent / "metaplast"
    found = str(script) if script.exists() else shutil.which("metaplast")
    if found is None:
        pytest.skip("the package is not installed by pip")
    done = subprocess.run([found, "--version"], capture_output=True, text=True)
    assert done.returncode == 0 and mp.__version__ in done.stdout


def test_numpy_is_the_only_dependency() -> None:
    needed = metadata.requires("metaplast") or []
    assert [line.split(">")[0].split(";")[0].strip() for line in needed] == ["numpy"]
    # Nothing is imported that a user may not have.
    line = "import sys, metaplast; print([m for m in ('jax', 'torch', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
