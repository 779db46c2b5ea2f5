"""tf.math: functions of numbers."""

from __future__ import annotations

from typing import Any

from striate.keras import ops
from striate.keras.tensorflow import basic
from striate.keras.tensorflow.adapting import table

_SAME = """
ceil erf erfinv expm1 floordiv=floor_divide floormod=mod is_finite=isfinite is_inf=isinf
is_nan=isnan log log1p log_sigmoid logical_xor mod reciprocal reduce_std=std reduce_variance=var
rint=round rsqrt softplus softsign divide_no_nan multiply_no_nan=multiply bincount cumprod
count_nonzero
"""
_FROM_TOP = """
abs acos acosh add add_n argmax argmin asin asinh atan atan2 atanh cos cosh cumsum divide equal exp
floor greater greater_equal less less_equal logical_and logical_not logical_or maximum minimum
multiply negative not_equal pow reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean
reduce_min reduce_prod reduce_sum round sigmoid sign sin sinh sqrt square subtract tan tanh truediv
"""
globals().update(table(_SAME))
globals().update({name: getattr(basic, name) for name in _FROM_TOP.split()})


def l2_normalize(x: Any, axis: Any = None, epsilon: float = 1e-12, **old: Any) -> Any:
    """Divided by its length along axes."""
    axis = old.get("dim", axis)
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, epsilon))


def squared_difference(x: Any, y: Any, name: str | None = None) -> Any:
    """(x - y)^2."""
    return ops.square(ops.subtract(x, y))


def top_k(input: Any, k: int = 1, sorted: bool = True, name: str | None = None) -> Any:
    """The k largest values of the last axis, and their places."""
    return ops.top_k(input, k, sorted)


def in_top_k(targets: Any, predictions: Any, k: int, name: str | None = None) -> Any:
    """Whether each target is among the k largest predictions."""
    return ops.in_top_k(targets, predictions, k)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    weights: Any = None,
    dtype: Any = "int32",
    name: str | None = None,
) -> Any:
    """How often each class (row) was taken for each other (column)."""
    true, found = (ops.convert_to_numpy(v).astype(int).ravel() for v in (labels, predictions))
    size = num_classes or int(max(true.max(), found.max())) + 1
    places = ops.stack([ops.array(true), ops.array(found)], axis=1)
    amounts = ops.ones(len(true), dtype) if weights is None else ops.cast(weights, dtype)
    return ops.scatter(places, amounts, (size, size))


def zero_fraction(value: Any, name: str | None = None) -> Any:
    """The share of zeros."""
    return ops.mean(ops.cast(ops.equal(value, 0), "float32"))


def segment_sum(data: Any, segment_ids: Any, name: str | None = None) -> Any:
    """The sums of rows of one number."""
    ids = ops.convert_to_numpy(segment_ids).astype(int)
    return ops.stack([ops.sum(data[ids == i], axis=0) for i in range(int(ids.max()) + 1)])


__all__ = sorted(
    {
        *("confusion_matrix", "in_top_k", "l2_normalize", "segment_sum", "squared_difference"),
        *("top_k", "zero_fraction", *_FROM_TOP.split()),
        *(entry.partition("=")[0] for entry in _SAME.split()),
    }
)
