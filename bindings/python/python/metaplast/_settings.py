"""Settings as Python's values and as TOML."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any, cast

from metaplast import _metaplast


def to_toml(settings: Mapping[str, Any]) -> str:
    """Settings, those that are not None, as the text of a file."""
    given = {name: value for name, value in settings.items() if value is not None}
    for name, value in given.items():
        _check(name, value)
    return _metaplast.json_to_toml(json.dumps(given, default=_plain))


def from_toml(text: str) -> dict[str, Any]:
    """The values of a file."""
    return cast("dict[str, Any]", json.loads(_metaplast.toml_to_json(text)))


def _check(name: str, value: Any) -> None:
    if isinstance(value, Mapping):
        for key, part in value.items():
            _check(f"{name}.{key}", part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _check(name, part)
    elif value is None:
        raise ValueError(f"{name}: None; leave the setting out")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name}: {value}; give a finite number")
    elif isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError(f"{name}: {value} is beyond what a file of settings can hold")


def _plain(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    # Numbers and arrays of NumPy, JAX and PyTorch.
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{value!r} is no setting; give numbers, texts and lists of them")
