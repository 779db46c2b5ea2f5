"""Slow definitions of operations, written from their formulas: what the fast ones must be."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

Array = np.ndarray


def same_amounts(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, found by trying: the fewest that give ceil(size / stride) windows."""
    wanted = math.ceil(size / stride)
    reach = (kernel - 1) * dilation + 1
    total = 0
    while len(range(0, size + total - reach + 1, stride)) < wanted:
        total += 1
    return total // 2, total - total // 2


def padded(
    x: Array,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilation: Sequence[int],
    padding: str,
    value: float,
) -> Array:
    """(N, *spatial, C) with the border that `padding` names."""
    amounts = [(0, 0)] * len(kernel)
    if padding == "same":
        amounts = [
            same_amounts(*a) for a in zip(x.shape[1:-1], kernel, strides, dilation, strict=False)
        ]
    elif padding != "valid":  # causal: nothing later is seen; full: all that overlaps counts
        reach = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        amounts = [(r, r if padding == "full" else 0) for r in reach]
    return np.pad(x, [(0, 0), *amounts, (0, 0)], constant_values=value)


def windows(
    x: Array, kernel: Sequence[int], strides: Sequence[int], dilation: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """(position, window (N, *kernel, C)) for every place where the window fits."""
    counts = [
        (n - (k - 1) * d - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], kernel, strides, dilation, strict=False)
    ]
    for position in itertools.product(*(range(c) for c in counts)):
        slices = [
            slice(p * s, p * s + (k - 1) * d + 1, d)
            for p, k, s, d in zip(position, kernel, strides, dilation, strict=False)
        ]
        yield position, x[(slice(None), *slices, slice(None))]


def conv(
    x: Array,
    kernel: Array,
    bias: Array | None,
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
    groups: int = 1,
) -> Array:
    """Sum of products of each window with each filter, group by group."""
    size = kernel.shape[:-2]
    x = padded(x, size, strides, dilation, padding, 0.0)
    found = dict(windows(x, size, strides, dilation))
    shape = tuple(max(p[i] for p in found) + 1 for i in range(len(size)))
    filters, per_group = kernel.shape[-1], kernel.shape[-2]
    out = np.zeros((x.shape[0], *shape, filters))
    for position, window in found.items():
        for o in range(filters):
            group = o // (filters // groups)
            seen = window[..., group * per_group : (group + 1) * per_group]
            product = seen * kernel[..., o]
            out[(slice(None), *position, o)] = product.sum(axis=tuple(range(1, product.ndim)))
    return out if bias is None else out + bias


def conv_transpose(
    x: Array,
    kernel: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
) -> Array | None:
    """The gradient, by its input of `size`, of a convolution with this padding.

    Every window of that convolution hands the value it made back to the places it saw. None if
    that convolution has another number of windows than x: TensorFlow refuses it then.
    """
    window = kernel.shape[:-2]
    image = np.zeros((x.shape[0], *size, kernel.shape[-2]))
    marked = padded(image + 1.0, window, strides, dilation, padding, 0.0)
    places = list(windows(np.zeros_like(marked), window, strides, dilation))
    whole = np.zeros_like(marked)
    if {p for p, _ in places} != set(np.ndindex(x.shape[1:-1])):
        return None
    for position, _ in places:
        value = x[(slice(None), *position)]
        for offset in np.ndindex(window):
            axes = zip(position, strides, offset, dilation, strict=True)
            at = tuple(p * s + o * d for p, s, o, d in axes)
            whole[(slice(None), *at)] += value @ kernel[offset].T
    return whole[marked == 1.0].reshape(image.shape)


def local_conv(
    x: Array,
    kernel: Array,
    bias: Array | None,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
) -> Array:
    """Each window times the matrix of its place."""
    ones = [1] * len(size)
    x = padded(x, size, strides, ones, padding, 0.0)
    found = dict(windows(x, size, strides, ones))
    shape = tuple(max(p[i] for p in found) + 1 for i in range(len(size)))
    out = np.zeros((x.shape[0], *shape, kernel.shape[-1]))
    for number, (position, window) in enumerate(found.items()):
        out[(slice(None), *position)] = window.reshape(x.shape[0], -1) @ kernel[number]
    return out if bias is None else out + bias


def pool(
    x: Array,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str,
    reduce: Callable[[Array], float],
) -> Array:
    """`reduce` over the values of each window and channel; padding is left out of them."""
    x = padded(x, size, strides, [1] * len(size), padding, np.nan)
    found = dict(windows(x, size, strides, [1] * len(size)))
    shape = tuple(max(p[i] for p in found) + 1 for i in range(len(size)))
    out = np.zeros((x.shape[0], *shape, x.shape[-1]))
    for position, window in found.items():
        for n, c in itertools.product(range(x.shape[0]), range(x.shape[-1])):
            values = window[n, ..., c].ravel()
            out[(n, *position, c)] = reduce(values[~np.isnan(values)])
    return out


def standardized(x: Array, over: Sequence[int], epsilon: float) -> Array:
    """(x - mean) / sqrt(variance + epsilon), the statistics over the axes `over`."""
    out = np.zeros(x.shape)
    rest = [range(1) if axis in over else range(n) for axis, n in enumerate(x.shape)]
    for place in itertools.product(*rest):
        index = tuple(slice(None) if a in over else slice(p, p + 1) for a, p in enumerate(place))
        values = x[index].ravel().tolist()
        mean = sum(values) / len(values)
        variance = sum((v - mean) ** 2 for v in values) / len(values)
        out[index] = (x[index] - mean) / math.sqrt(variance + epsilon)
    return out


def grouped(x: Array, groups: int, epsilon: float) -> Array:
    """`standardized` over all places and the channels of each group, sample by sample."""
    out = np.zeros(x.shape)
    size = x.shape[-1] // groups
    for g in range(groups):
        part = (..., slice(g * size, (g + 1) * size))
        out[part] = standardized(x[part], range(1, x.ndim), epsilon)
    return out


def local_response(x: Array, radius: int, bias: float, alpha: float, beta: float) -> Array:
    """Krizhevsky's formula, channel by channel: the sum runs over the channels that exist."""
    out = np.zeros(x.shape)
    last = x.shape[-1] - 1
    for i in range(x.shape[-1]):
        window = range(max(0, i - radius), min(last, i + radius) + 1)
        energy = sum(x[..., j] ** 2 for j in window)
        out[..., i] = x[..., i] / (bias + alpha * energy) ** beta
    return out


def global_response(x: Array, gamma: Array, beta: Array, epsilon: float) -> Array:
    """Woo's formula, sample by sample: the norm of each map over the mean of all norms."""
    out = np.zeros(x.shape)
    for n, sample in enumerate(x):
        flat = sample.reshape(-1, sample.shape[-1])
        norms = [math.sqrt(sum(v * v for v in flat[:, c])) for c in range(flat.shape[1])]
        relative = np.array(norms) / (sum(norms) / len(norms) + epsilon)
        out[n] = gamma * (sample * relative) + beta + sample
    return out


def resize(
    x: Array, size: Sequence[int], kernel: Callable[[float], float], antialias: bool
) -> Array:
    """Every output pixel as the weighted mean of input pixels, by their distance from its place."""
    for axis, m in enumerate(size, 1):
        n = x.shape[axis]
        stretch = max(1.0, n / m) if antialias else 1.0
        rows = []
        for i in range(m):
            place = (i + 0.5) * n / m - 0.5
            weights = [kernel(abs(place - j) / stretch) for j in range(n)]
            rows.append(np.average(x, axis=axis, weights=weights))
        x = np.stack(rows, axis=axis)
    return x
