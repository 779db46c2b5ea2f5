"""tf.nn: functions of networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F

from striate.keras import ops, random
from striate.keras.tensorflow import math
from striate.keras.tensorflow.adapting import table
from striate.keras.tensors import as_tensor

_SAME = """
relu relu6 sigmoid tanh elu selu silu swish softplus softsign log_softmax erelu=elu
depth_to_space space_to_depth
"""
globals().update(table(_SAME))
l2_normalize, top_k, in_top_k = math.l2_normalize, math.top_k, math.in_top_k
zero_fraction = math.zero_fraction


def softmax(logits: Any, axis: Any = -1, name: str | None = None, **old: Any) -> Any:
    """Positive shares that sum to 1 along an axis."""
    axis = old.get("dim", axis)
    return ops.softmax(logits, -1 if axis is None else axis)


def gelu(features: Any, approximate: bool = False, name: str | None = None) -> Any:
    """x times the share of a normal distribution below it."""
    return ops.gelu(features, approximate)


def leaky_relu(features: Any, alpha: float = 0.2, name: str | None = None) -> Any:
    """x above zero, alpha x below."""
    return ops.leaky_relu(features, alpha)


def crelu(features: Any, axis: int = -1, name: str | None = None) -> Any:
    """relu(x) and relu(-x) behind one another."""
    return ops.relu(ops.concatenate([features, -features], axis))


def dropout(
    x: Any,
    keep_prob: float | None = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: float | None = None,
) -> Any:
    """Some values set to 0: a share `rate`, which a number by place is too, as in TensorFlow 2."""
    share = rate if rate is not None else keep_prob
    return random.dropout(x, float(share or 0.0), noise_shape, seed)


def moments(
    x: Any,
    axes: Any,
    shift: Any = None,
    keepdims: bool = False,
    name: str | None = None,
    **old: Any,
) -> Any:
    """Mean and variance."""
    return ops.moments(x, axes, old.get("keep_dims", keepdims))


def batch_normalization(
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any,
    scale: Any,
    variance_epsilon: float,
    name: str | None = None,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon), scaled and moved."""
    out = ops.subtract(x, mean) * ops.rsqrt(ops.add(variance, variance_epsilon))
    out = out if scale is None else out * scale
    return out if offset is None else out + offset


def bias_add(value: Any, bias: Any, data_format: str | None = None, name: str | None = None) -> Any:
    """A number added to each channel."""
    if data_format and data_format.startswith("NC"):
        bias = as_tensor(bias).reshape([1, -1, *[1] * (len(ops.shape(value)) - 2)])
    return ops.add(value, bias)


def _steps(strides: Any, rank: int) -> Any:
    """TensorFlow's numbers for all axes as those of the places."""
    if isinstance(strides, int):
        return (strides,) * rank
    many = [int(s) for s in strides]
    return tuple(many[1:-1] if len(many) == rank + 2 else many * (rank if len(many) == 1 else 1))


def _format(data_format: str | None) -> str:
    return "channels_first" if (data_format or "").startswith("NC") else "channels_last"


def conv2d(
    input: Any,
    filters: Any = None,
    strides: Any = 1,
    padding: str = "SAME",
    data_format: str | None = "NHWC",
    dilations: Any = 1,
    name: str | None = None,
    filter: Any = None,
    **_: Any,
) -> Any:
    """A convolution with filters (H, W, in, out)."""
    kernel = filters if filters is not None else filter
    steps, spread = _steps(strides, 2), _steps(dilations or 1, 2)
    return ops.conv(input, kernel, steps, padding.lower(), _format(data_format), spread)


def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: str,
    data_format: str | None = None,
    dilations: Any = None,
    name: str | None = None,
) -> Any:
    """A convolution of each channel with filters (H, W, in, multiplier)."""
    steps, spread = _steps(strides, 2), _steps(dilations or 1, 2)
    return ops.depthwise_conv(input, filter, steps, padding.lower(), _format(data_format), spread)


def _pooled(kind: str, input: Any, ksize: Any, strides: Any, padding: str, form: Any) -> Any:
    rank = len(ops.shape(input)) - 2
    size, steps = _steps(ksize, rank), _steps(ksize if strides is None else strides, rank)
    return getattr(ops, kind)(input, size, steps, padding.lower(), _format(form))


def max_pool(
    input: Any = None,
    ksize: Any = 2,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    name: str | None = None,
    value: Any = None,
) -> Any:
    """The largest of each window."""
    x = value if input is None else input
    return _pooled("max_pool", x, ksize, strides, padding, data_format)


def avg_pool(
    input: Any = None,
    ksize: Any = 2,
    strides: Any = None,
    padding: str = "VALID",
    data_format: str | None = None,
    name: str | None = None,
    value: Any = None,
) -> Any:
    """The mean of each window."""
    x = value if input is None else input
    return _pooled("average_pool", x, ksize, strides, padding, data_format)


max_pool2d, avg_pool2d = max_pool, avg_pool


def local_response_normalization(
    input: Any,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    name: str | None = None,
) -> Any:
    """Divided by (bias + alpha sum of squares of near channels) ^ beta."""
    widths = (*[(0, 0)] * (len(ops.shape(input)) - 1), (depth_radius, depth_radius))
    squares = ops.pad(ops.square(input), widths)
    channels = ops.shape(input)[-1]
    near = squares[..., :channels]
    for i in range(1, 2 * depth_radius + 1):
        near = near + squares[..., i : i + channels]
    return input / ops.power(near * alpha + bias, beta)


lrn = local_response_normalization


def softmax_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, axis: int = -1, name: str | None = None, **_: Any
) -> Any:
    """The loss of each row, targets as shares."""
    return ops.categorical_crossentropy(labels, logits, from_logits=True, axis=axis)


softmax_cross_entropy_with_logits_v2 = softmax_cross_entropy_with_logits


def sparse_softmax_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """The loss of each row, targets as class numbers."""
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def sigmoid_cross_entropy_with_logits(
    labels: Any = None, logits: Any = None, name: str | None = None
) -> Any:
    """The loss value by value."""
    return ops.binary_crossentropy(labels, logits, from_logits=True)


def weighted_cross_entropy_with_logits(
    labels: Any, logits: Any, pos_weight: Any, name: str | None = None
) -> Any:
    """The loss value by value, positive targets counting `pos_weight` times."""
    y, x = as_tensor(labels), as_tensor(logits)
    factor = 1 + (pos_weight - 1) * y
    return (1 - y) * x + factor * F.softplus(-x)


def l2_loss(t: Any, name: str | None = None) -> Any:
    """Half the sum of squares."""
    return ops.sum(ops.square(t)) / 2


def compute_average_loss(
    per_example_loss: Any, sample_weight: Any = None, global_batch_size: int | None = None
) -> Any:
    """The sum of the losses by the size of the batch."""
    losses = as_tensor(per_example_loss)
    weighted = losses if sample_weight is None else losses * as_tensor(sample_weight)
    return ops.sum(weighted) / (global_batch_size or losses.shape[0])


def scale_regularization_loss(regularization_loss: Any) -> Any:
    """The sum of penalties: one device computes it."""
    return ops.sum(regularization_loss)


def embedding_lookup(params: Any, ids: Any, **_: Any) -> Any:
    """The rows of these numbers."""
    return ops.take(params, ids, 0)


def conv2d_transpose(
    input: Any,
    filters: Any,
    output_shape: Sequence[int],
    strides: Any,
    padding: str = "SAME",
    data_format: str = "NHWC",
    **_: Any,
) -> Any:
    """A transposed convolution with filters (H, W, out, in)."""
    steps = _steps(strides, 2)
    return ops.conv_transpose(input, filters, steps, padding.lower(), None, _format(data_format))


__all__ = sorted(
    n
    for n, v in list(globals().items())
    if n[0] != "_"
    and callable(v)
    and getattr(v, "__module__", "").startswith("striate.keras.tensorflow")
    and n != "table"
)
