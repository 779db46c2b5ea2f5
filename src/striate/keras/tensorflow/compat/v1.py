"""tf.compat.v1: names of TensorFlow 1 that have a meaning without its graphs."""

from __future__ import annotations

from typing import Any

from striate.keras import ops
from striate.keras.tensorflow import basic, config, data, image, io, math, nn, random, settings, test
from striate.keras.tensorflow.types import DTYPES

globals().update({name: getattr(settings, name) for name in settings.__all__})
globals().update(basic.NAMES)
globals().update({name: kind for name, kind in DTYPES.items() if name not in ("bool",)})

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


OLD_NAMES = """
ceil confusion_matrix div gfile is_finite is_inf is_nan log log1p random_normal random_shuffle
random_uniform read_file rsqrt to_float to_int32 to_int64 truncated_normal
"""

__all__ = sorted(
    {
        *("config", "data", "image", "io", "math", "nn", "random", "test"),
        *(*basic.__all__, *settings.__all__, *OLD_NAMES.split(), *DTYPES),
    }
    - {"bool"}
)
