"""Functions of networks: softmax, pooling, normalization, losses, one-hot rows."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops import activations, pooling
from striate.ops.functions.definitions import axes_of, dtype_of, entered, floated, met
from striate.ops.functions.products import as_given, as_last
from striate.ops.functions.reductions import norm
from striate.ops.layout import to_external, to_internal

EPSILON = 1e-7


@entered()
def softmax(x: Tensor, axis: Any = -1) -> Tensor:
    """Positive shares that sum to 1 along an axis, or over several."""
    if axis is None:
        return torch.softmax(floated(x).flatten(), 0).reshape(x.shape)
    return activations.softmax(floated(x), axis if isinstance(axis, int) else tuple(axis))


@entered()
def log_softmax(x: Tensor, axis: Any = -1) -> Tensor:
    """The logarithm of `softmax`."""
    if axis is None:
        return torch.log_softmax(floated(x).flatten(), 0).reshape(x.shape)
    if isinstance(axis, int):
        return torch.log_softmax(floated(x), axis)
    return floated(x) - torch.logsumexp(floated(x), tuple(axis), keepdim=True)


@entered()
def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """The nearest shares that sum to 1, many of them zero."""
    return activations.sparsemax(floated(x), axis)


@entered()
def glu(x: Tensor, axis: int = -1) -> Tensor:
    """One half times the sigmoid of the other."""
    return F.glu(floated(x), axis)


@entered()
def normalize(x: Tensor, axis: Any = -1, order: Any = 2, epsilon: float | None = None) -> Tensor:
    """Divided by its length along an axis."""
    x, small = floated(x), EPSILON if epsilon is None else epsilon
    if order == 2:
        squares = (x * x).sum(axes_of(axis, x.dim()), keepdim=True)
        return x * torch.clamp(torch.rsqrt(squares), max=1.0 / small)
    return x / torch.clamp(norm(x, order, axis, True), min=small)


@entered()
def layer_normalization(
    x: Tensor, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Tensor:
    """Mean 0 and variance 1 over axes, then scaled and moved."""
    x, places = floated(x), axes_of(axis, x.dim())
    middle = x.mean(places, keepdim=True)
    spread = x.var(places, correction=0, keepdim=True)
    out = (x - middle) * torch.rsqrt(spread + (EPSILON if epsilon is None else epsilon))
    out = out if gamma is None else out * gamma
    return out if beta is None else out + beta


@entered()
def rms_normalization(
    x: Tensor, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> Tensor:
    """Divided by the root of the mean square over axes."""
    x = floated(x)
    squares = (x * x).mean(axes_of(axis, x.dim()), keepdim=True)
    out = x * torch.rsqrt(squares + (EPSILON if epsilon is None else epsilon))
    return out if scale is None else out * scale


@entered(3)
def batch_normalization(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    axis: int,
    offset: Any = None,
    scale: Any = None,
    epsilon: float = 1e-3,
) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) along an axis, scaled and moved."""
    shape = [-1 if i == axis % x.dim() else 1 for i in range(x.dim())]
    factor = torch.rsqrt(variance + epsilon)
    factor = factor if scale is None else factor * scale
    moved = -mean * factor
    moved = moved if offset is None else moved + offset
    return x * factor.reshape(shape) + moved.reshape(shape)


def _pooled(x: Tensor, pool: Any, size: Any, strides: Any, padding: str, form: Any) -> Tensor:
    rank = x.dim() - 2
    window = (size,) * rank if isinstance(size, int) else tuple(size)
    steps = window if strides is None else strides
    steps = (steps,) * rank if isinstance(steps, int) else tuple(steps)
    out = pool(to_internal(as_last(x, form)), window, steps, padding.lower())
    return as_given(to_external(out), form)


@entered()
def max_pool(
    inputs: Tensor,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The largest of each window."""
    return _pooled(inputs, pooling.max_pool, pool_size, strides, padding, data_format)


@entered()
def average_pool(
    inputs: Tensor,
    pool_size: Any,
    strides: Any = None,
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """The mean of each window."""
    return _pooled(inputs, pooling.average_pool, pool_size, strides, padding, data_format)


def _in_bins(x: Tensor, pool: Any, size: Any, form: str | None) -> Tensor:
    bins = (size,) * (x.dim() - 2) if isinstance(size, int) else tuple(size)
    return as_given(to_external(pool(to_internal(as_last(x, form)), bins)), form)


@entered()
def adaptive_max_pool(inputs: Tensor, output_size: Any, data_format: str | None = None) -> Tensor:
    """The largest of each of so many bins."""
    return _in_bins(inputs, pooling.adaptive_max_pool, output_size, data_format)


@entered()
def adaptive_average_pool(
    inputs: Tensor, output_size: Any, data_format: str | None = None
) -> Tensor:
    """The mean of each of so many bins."""
    return _in_bins(inputs, pooling.adaptive_average_pool, output_size, data_format)


@entered()
def one_hot(
    x: Tensor, num_classes: int, axis: int = -1, dtype: Any = None, sparse: bool = False
) -> Tensor:
    """1 in the place of each class number; zeros for a number outside."""
    classes = torch.arange(num_classes, device=x.device)
    out = (x.unsqueeze(-1) == classes).to(dtype_of(dtype))
    return out.movedim(-1, axis)


@entered()
def multi_hot(
    inputs: Tensor,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: Any = None,
    sparse: bool = False,
) -> Tensor:
    """1 in the place of every class number that occurs along the axis."""
    rows = one_hot(inputs, int(num_classes or 0), axis=-1, dtype=dtype)
    return rows.amax(dim=1 if inputs.dim() > 1 else 0)


@entered(2)
def binary_crossentropy(target: Tensor, output: Tensor, from_logits: bool = False) -> Tensor:
    """-(target log(output) + (1 - target) log(1 - output)), value by value."""
    target, output = met(floated(target), floated(output))
    if from_logits:
        return F.binary_cross_entropy_with_logits(output, target, reduction="none")
    output = output.clamp(EPSILON, 1 - EPSILON)
    return F.binary_cross_entropy(output, target, reduction="none")


@entered(2)
def categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-sum(target log(output)) along the axis of the classes."""
    target, output = met(floated(target), floated(output))
    return -(target * _logs(output, from_logits, axis)).sum(axis)


@entered(2)
def sparse_categorical_crossentropy(
    target: Tensor, output: Tensor, from_logits: bool = False, axis: int = -1
) -> Tensor:
    """-log(output) of the class that each target numbers."""
    output = floated(output)
    if target.dim() == output.dim() and target.shape[axis] == 1:
        target = target.squeeze(axis)
    logs = _logs(output, from_logits, axis)
    return -torch.take_along_dim(logs, target.long().unsqueeze(axis), axis).squeeze(axis)


def _logs(output: Tensor, from_logits: bool, axis: int) -> Tensor:
    if from_logits:
        return torch.log_softmax(output, axis)
    output = output / output.sum(axis, keepdim=True)
    return output.clamp(EPSILON, 1 - EPSILON).log()


@entered(2)
def psnr(x1: Tensor, x2: Tensor, max_val: float) -> Tensor:
    """The ratio of the largest value to the mean error, in decibels."""
    a, b = met(floated(x1), floated(x2))
    return 20 * torch.log10(torch.tensor(float(max_val))) - 10 * torch.log10(((a - b) ** 2).mean())


@entered()
def depth_to_space(x: Tensor, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Channels laid out as blocks of pixels."""
    last = as_last(x, data_format)
    n, h, w, c = last.shape
    parts = last.reshape(n, h, w, block_size, block_size, c // block_size**2)
    out = parts.permute(0, 1, 3, 2, 4, 5).reshape(n, h * block_size, w * block_size, -1)
    return as_given(out, data_format)


@entered()
def space_to_depth(x: Tensor, block_size: int, data_format: str = "channels_last") -> Tensor:
    """Blocks of pixels laid out as channels."""
    last = as_last(x, data_format)
    n, h, w, c = last.shape
    parts = last.reshape(n, h // block_size, block_size, w // block_size, block_size, c)
    out = parts.permute(0, 1, 3, 2, 4, 5).reshape(n, h // block_size, w // block_size, -1)
    return as_given(out, data_format)
