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
