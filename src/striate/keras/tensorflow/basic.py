"""The functions of tensors at the top of `tensorflow`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from striate.graph.record import Symbol
from striate.keras import ops
from striate.keras.tensorflow.adapting import table
from striate.keras.tensorflow.text import Text, texts
from striate.keras.tensors import Shape, as_tensor

_SAME = """
abs acos=arccos acosh=arccosh add asin=arcsin asinh=arcsinh atan=arctan atan2=arctan2 atanh=arctanh
broadcast_to cos cosh divide equal exp floor greater greater_equal less less_equal logical_and
logical_not logical_or maximum minimum multiply negative not_equal pow=power realdiv=true_divide
reduce_all=all reduce_any=any reduce_logsumexp=logsumexp reduce_max=max reduce_mean=mean
reduce_min=min reduce_prod=prod reduce_sum=sum round sigmoid sign sin sinh sqrt square squeeze
stop_gradient subtract tan tanh tensordot truediv=true_divide where identity=copy sort roll
searchsorted trace repeat stack saturate_cast
"""
globals().update(table(_SAME))


def cast(x: Any, dtype: Any, name: str | None = None) -> Any:
    """In another number type."""
    return ops.cast(x, dtype)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = "Const") -> Any:
    """A tensor of these values; text stays text."""
    if texts.holds(value):
        return texts.of(value)
    made = as_tensor(value, dtype)
    if shape is None:
        return made
    return made.expand(tuple(shape)) if made.dim() == 0 else made.reshape(tuple(shape))


def convert_to_tensor(
    value: Any, dtype: Any = None, dtype_hint: Any = None, name: str | None = None
) -> Any:
    """An array, a number or a list as a tensor."""
    return constant(value, dtype)


def argmax(input: Any, axis: Any = 0, output_type: Any = "int64", **old: Any) -> Any:
    """The place of the largest along an axis, the first by default."""
    axis = old.get("dimension", axis)
    return ops.cast(ops.argmax(input, 0 if axis is None else axis), output_type)


def argmin(input: Any, axis: Any = 0, output_type: Any = "int64", **old: Any) -> Any:
    """The place of the smallest along an axis, the first by default."""
    axis = old.get("dimension", axis)
    return ops.cast(ops.argmin(input, 0 if axis is None else axis), output_type)


def argsort(values: Any, axis: int = -1, direction: str = "ASCENDING", **_: Any) -> Any:
    """The places of the values in order."""
    turned = -values if direction == "DESCENDING" else values
    return ops.argsort(turned, axis)


def concat(values: Sequence[Any], axis: int = 0, name: str | None = None) -> Any:
    """Behind one another along an axis."""
    if isinstance(values, int):  # TensorFlow 0.x had the axis first
        values, axis = axis, values  # type: ignore[assignment]
    return ops.concatenate(list(values), axis)


def expand_dims(input: Any, axis: Any = None, name: str | None = None, **old: Any) -> Any:
    """A new axis of size 1."""
    return ops.expand_dims(input, old.get("dim", axis))


def reshape(tensor: Any, shape: Any, name: str | None = None) -> Any:
    """To a shape; -1 is what is left over."""
    sizes = shape.tolist() if isinstance(shape, torch.Tensor) else list(shape)
    return ops.reshape(tensor, tuple(None if n is None else int(n) for n in sizes))


def transpose(a: Any, perm: Any = None, conjugate: bool = False, name: str | None = None) -> Any:
    """Axes in another order."""
    return ops.transpose(a, None if perm is None else tuple(int(i) for i in perm))


def shape(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """The sizes; None where a symbol's is open."""
    return Shape(ops.shape(input))


def rank(input: Any, name: str | None = None) -> int:
    """How many axes it has."""
    return len(ops.shape(input))


def size(input: Any, out_type: Any = None, name: str | None = None) -> Any:
    """How many values it has."""
    return ops.size(input)


def matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, **_: Any) -> Any:
    """Matrices in the last two axes."""
    a = ops.swapaxes(a, -1, -2) if transpose_a else a
    return ops.matmul(a, ops.swapaxes(b, -1, -2) if transpose_b else b)


def one_hot(
    indices: Any,
    depth: int,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: Any = None,
    name: str | None = None,
) -> Any:
    """1 in the place of each class number, or other values for on and off."""
    rows = ops.one_hot(indices, int(depth), -1 if axis is None else axis, dtype or "float32")
    if on_value is None and off_value is None:
        return rows
    return rows * ((1 if on_value is None else on_value) - (off_value or 0)) + (off_value or 0)


def clip_by_value(t: Any, clip_value_min: Any, clip_value_max: Any, name: str | None = None) -> Any:
    """Between two bounds."""
    return ops.clip(t, clip_value_min, clip_value_max)


def clip_by_norm(t: Any, clip_norm: float, axes: Any = None, name: str | None = None) -> Any:
    """Made shorter where it is longer than a norm."""
    length = ops.norm(t, axis=axes, keepdims=True)
    return t * ops.minimum(1.0, clip_norm / ops.maximum(length, 1e-12))


def global_norm(t_list: Sequence[Any], name: str | None = None) -> Any:
    """The length of all of them as one vector."""
    return ops.sqrt(add_n([ops.sum(ops.square(t)) for t in t_list if t is not None]))


def clip_by_global_norm(t_list: Sequence[Any], clip_norm: float, use_norm: Any = None) -> Any:
    """All made shorter by one factor where together they are longer than a norm."""
    length = global_norm(t_list) if use_norm is None else use_norm
    factor = clip_norm / ops.maximum(length, clip_norm)
    return [None if t is None else t * factor for t in t_list], length


def add_n(inputs: Sequence[Any], name: str | None = None) -> Any:
    """The sum of several."""
    total = inputs[0]
    for value in inputs[1:]:
        total = total + value
    return total


def cumsum(x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False, **_: Any) -> Any:
    """The sums up to each value."""
    values = ops.flip(x, axis) if reverse else x
    out = ops.cumsum(values, axis)
    out = out - values if exclusive else out
    return ops.flip(out, axis) if reverse else out


def fill(dims: Any, value: Any, name: str | None = None) -> Any:
    """One value throughout."""
    return ops.full(tuple(int(n) for n in dims), value)


def zeros(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    """Zeros."""
    return ops.zeros(shape, dtype)


def ones(shape: Any, dtype: Any = "float32", name: str | None = None) -> Any:
    """Ones."""
    return ops.ones(shape, dtype)


def zeros_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros of its shape."""
    return ops.zeros_like(input, dtype)


def ones_like(input: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones of its shape."""
    return ops.ones_like(input, dtype)


def eye(num_rows: int, num_columns: int | None = None, dtype: Any = "float32", **_: Any) -> Any:
    """Ones on the diagonal."""
    return ops.eye(num_rows, num_columns, dtype=dtype)


def range(start: Any, limit: Any = None, delta: Any = 1, dtype: Any = None, **_: Any) -> Any:
    """Numbers from `start` up to, without, `limit`."""
    return ops.arange(start, limit, delta, dtype)


def linspace(start: Any, stop: Any, num: int, name: str | None = None, axis: int = 0) -> Any:
    """Numbers at equal distances."""
    return ops.linspace(start, stop, int(num), axis=axis)


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    axis: int | None = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> Any:
    """Those at the places named along an axis, the first by default."""
    at = batch_dims if axis is None else axis
    if not batch_dims:
        return ops.take(params, indices, at)
    rows = [
        gather(p, i, None, at - 1, batch_dims - 1) for p, i in zip(params, indices, strict=True)
    ]
    return ops.stack(rows)


def gather_nd(params: Any, indices: Any, batch_dims: int = 0, name: str | None = None) -> Any:
    """The value or slice at each place, an index per axis in each row."""
    return as_tensor(params)[tuple(as_tensor(indices).long().unbind(-1))]


def boolean_mask(tensor: Any, mask: Any, axis: int | None = None, name: str | None = None) -> Any:
    """Those where the mask holds."""
    places = as_tensor(mask).bool()
    return as_tensor(tensor)[(slice(None),) * (axis or 0) + (places,)]


def scatter_nd(indices: Any, updates: Any, shape: Any, name: str | None = None) -> Any:
    """Zeros, with values added at places."""
    return ops.scatter(indices, updates, tuple(shape))


def tensor_scatter_nd_update(tensor: Any, indices: Any, updates: Any, **_: Any) -> Any:
    """A copy with other values at places."""
    return ops.scatter_update(tensor, indices, updates)


def pad(
    tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0, **_: Any
) -> Any:
    """More at both ends of each axis."""
    rows = as_tensor(paddings).tolist() if not isinstance(paddings, (list, tuple)) else paddings
    widths = tuple((int(low), int(high)) for low, high in rows)
    plain = mode.lower() == "constant"
    return ops.pad(tensor, widths, mode.lower(), constant_values if plain else None)


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """Turned round along axes."""
    return ops.flip(tensor, axis)


def slice_(input_: Any, begin: Any, size: Any, name: str | None = None) -> Any:
    """A box from its first corner and its size."""
    return ops.slice(input_, tuple(map(int, begin)), tuple(map(int, size)))


def split(value: Any, num_or_size_splits: Any, axis: int = 0, **_: Any) -> Any:
    """Into equal parts, or parts of these sizes."""
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    ends = np.cumsum([int(n) for n in num_or_size_splits])[:-1]
    return ops.split(value, [int(n) for n in ends], axis)


def tile(input: Any, multiples: Any, name: str | None = None) -> Any:
    """The whole several times along each axis."""
    return ops.tile(input, tuple(int(n) for n in multiples))


def unstack(value: Any, num: int | None = None, axis: int = 0, name: str | None = None) -> Any:
    """Each slice along an axis by itself."""
    return ops.unstack(value, num, axis)


def unique(x: Any, out_idx: Any = None, name: str | None = None) -> tuple[Any, Any]:
    """Each value once in the order of its coming, and which of them each one is."""
    values = as_tensor(x).tolist()
    seen = {v: i for i, v in enumerate(dict.fromkeys(values))}
    return as_tensor(list(seen)), as_tensor([seen[v] for v in values])


def norm(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, keepdims: bool = False, **_: Any
) -> Any:
    """The length of vectors."""
    return ops.norm(tensor, None if ord in ("euclidean", 2) else ord, axis, keepdims)


def einsum(equation: str, *inputs: Any, **_: Any) -> Any:
    """Sums of products by letters."""
    return ops.einsum(equation, *inputs)


def meshgrid(*args: Any, indexing: str = "xy", **_: Any) -> Any:
    """The coordinates of a grid."""
    return ops.meshgrid(*args, indexing=indexing)


def sequence_mask(lengths: Any, maxlen: int | None = None, dtype: Any = "bool", **_: Any) -> Any:
    """True for the first so many of each row."""
    ends = as_tensor(lengths)
    count = int(ends.max()) if maxlen is None else int(maxlen)
    return ops.cast(torch.arange(count) < ends.unsqueeze(-1), dtype)


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor or a symbol."""
    return isinstance(x, (torch.Tensor, Symbol, Text))


def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """Itself, if it has this shape.

    Raises:
        ValueError: it has another one.
    """
    have = tuple(ops.shape(x))
    alike = len(have) == len(shape) and all(
        None in (n, m) or n == m for n, m in zip(have, shape, strict=True)
    )
    if not alike:
        raise ValueError(f"ensure_shape: the shape is {have}, not {tuple(shape)}")
    return x


# name in TensorFlow -> function; "slice" would hide Python's own in this file
NAMES: dict[str, Any] = {
    name.removesuffix("_"): value
    for name, value in list(globals().items())
    if name[0] != "_" and getattr(value, "__module__", "") == __name__
} | {name: globals()[name] for name in (e.partition("=")[0] for e in _SAME.split())}
