"""Names of TensorFlow 1 at its top that have a meaning without its graphs."""

from __future__ import annotations

from typing import Any

from striate.keras import ops
from striate.keras.tensorflow import basic, io, math, random

random_normal, random_uniform = random.normal, random.uniform
truncated_normal, random_shuffle = random.truncated_normal, random.shuffle
log, log1p, ceil, rsqrt, div = math.log, math.log1p, math.ceil, math.rsqrt, basic.divide  # type: ignore[attr-defined]
is_nan, is_inf, is_finite = math.is_nan, math.is_inf, math.is_finite  # type: ignore[attr-defined]
confusion_matrix = math.confusion_matrix
read_file, gfile = io.read_file, io.gfile


def to_float(x: Any, name: str | None = None) -> Any:
    """As float32."""
    return ops.cast(x, "float32")


def to_int32(x: Any, name: str | None = None) -> Any:
    """As int32."""
    return ops.cast(x, "int32")


def to_int64(x: Any, name: str | None = None) -> Any:
    """As int64."""
    return ops.cast(x, "int64")


NAMES = [
    "ceil",
    "confusion_matrix",
    "div",
    "gfile",
    "is_finite",
    "is_inf",
    "is_nan",
    "log",
    "log1p",
    "random_normal",
    "random_shuffle",
    "random_uniform",
    "read_file",
    "rsqrt",
    "to_float",
    "to_int32",
    "to_int64",
    "truncated_normal",
]
