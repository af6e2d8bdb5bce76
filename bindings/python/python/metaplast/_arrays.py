"""What users give, as arrays of the types that the extension takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from typing import TypeAlias

Array: TypeAlias = npt.NDArray[Any]


def array(value: Any, what: str) -> Array:
    """Anything array-like; a tensor of a GPU is refused, since copying it is the user's decision."""
    kind = getattr(getattr(value, "device", None), "type", "cpu")
    if isinstance(kind, str) and kind != "cpu":
        raise TypeError(f"{what}: a tensor on {kind}; give {what}.cpu()")
    if getattr(value, "requires_grad", False):
        value = value.detach()
    return np.asarray(value)


def matrices(values: Sequence[Any], what: str) -> list[Array]:
    """Matrices of float32 or float64, all of one dtype."""
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{what}: give a list of matrices, one for each layer")
    found = []
    for layer, value in enumerate(values, start=1):
        matrix = array(value, what)
        if matrix.dtype.kind in "iub":
            matrix = matrix.astype(np.float64)
        if matrix.dtype not in (np.float32, np.float64):
            raise TypeError(f"{what}: layer {layer} is of {matrix.dtype}; give float32 or float64")
        if matrix.ndim != 2:
            raise ValueError(f"{what}: layer {layer} has shape {list(matrix.shape)}; give a matrix")
        found.append(np.ascontiguousarray(matrix))
    dtypes = {matrix.dtype for matrix in found}
    if len(dtypes) > 1:
        raise TypeError(f"{what}: layers of float32 and of float64; give one dtype")
    return found


def same_dtype(dtype: np.dtype[Any], others: Sequence[Array], what: str) -> None:
    """Refuses matrices of another dtype than the weights."""
    for other in others:
        if other.dtype != dtype:
            raise TypeError(f"{what}: of {other.dtype}, but the weights are of {dtype}")


def inputs(value: Any, dtype: np.dtype[Any], what: str) -> Array:
    """One input per row, in the dtype of the weights; what would lose digits is refused."""
    found = array(value, what)
    if found.dtype == np.uint8:
        raise TypeError(f"{what}: bytes; give inputs as floats, pixels divided by 255")
    if found.dtype.kind not in "fiub":
        raise TypeError(f"{what}: of {found.dtype}; give real numbers")
    if found.dtype == np.float64 and dtype == np.float32:
        raise TypeError(f"{what}: of float64, but the weights are of float32; give one dtype")
    if found.ndim < 2:
        raise ValueError(f"{what}: of shape {list(found.shape)}; give one input per row")
    flat = found.reshape(found.shape[0], -1) if found.shape[0] else found.reshape(0, 0)
    return np.ascontiguousarray(flat, dtype=dtype)


def labels(value: Any, what: str) -> npt.NDArray[np.int64]:
    """One class per sample."""
    found = array(value, what)
    if found.size == 0:
        found = found.astype(np.int64)
    if found.dtype.kind not in "iu":
        raise TypeError(f"{what}: of {found.dtype}; give the numbers of classes as integers")
    if found.ndim != 1:
        raise ValueError(f"{what}: of shape {list(found.shape)}; give one label per sample")
    if found.dtype == np.uint64 and found.size and found.max() > np.iinfo(np.int64).max:
        raise ValueError(f"{what}: a label beyond every network")
    return np.ascontiguousarray(found, dtype=np.int64)


def whole(value: Any, what: str, least: int = 0) -> int:
    """A whole number that fits 64 bits."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{what}: {value!r}; give a whole number")
    number = int(value.__index__())
    if not least <= number < 2**63:
        raise ValueError(f"{what}: {number}; give {least} or more")
    return number


def real(value: Any, what: str) -> float:
    """A number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{what}: {value!r}; give a number") from None
