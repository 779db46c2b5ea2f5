"""Pooling over windows and over whole maps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.graph import window
from striate.ops.border import pad

_MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
_AVERAGE = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def max_pool(x: Tensor, size: Sequence[int], strides: Sequence[int], padding: str) -> Tensor:
    """The largest value of each window.

    Shapes: (N, C, *spatial) -> (N, C, *spatial'). Padding never wins: it counts as minus infinity.
    """
    x, both = _padded(x, size, strides, padding, float("-inf"))
    return _MAX[len(size)](x, tuple(size), tuple(strides), both)


def average_pool(x: Tensor, size: Sequence[int], strides: Sequence[int], padding: str) -> Tensor:
    """The mean of each window over the values that are there; padding is not counted.

    Shapes: (N, C, *spatial) -> (N, C, *spatial').
    """
    amounts = _amounts(x, size, strides, padding)
    both = tuple(before for before, _ in amounts)
    pool = _AVERAGE[len(size)]
    if all(before == after for before, after in amounts):
        return pool(x, tuple(size), tuple(strides), both, count_include_pad=False)
    ones = pad(x.new_ones((1, 1, *x.shape[2:])), amounts)
    share = pool(ones, tuple(size), tuple(strides))
    return pool(pad(x, amounts), tuple(size), tuple(strides)) / share


def global_average_pool(x: Tensor, keepdims: bool) -> Tensor:
    """Mean over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return x.mean(dim=tuple(range(2, x.dim())), keepdim=keepdims)


def global_max_pool(x: Tensor, keepdims: bool) -> Tensor:
    """Maximum over all positions: (N, C, *spatial) -> (N, C) or (N, C, 1, ...)."""
    return torch.amax(x, dim=tuple(range(2, x.dim())), keepdim=keepdims)


def _amounts(
    x: Tensor, size: Sequence[int], strides: Sequence[int], padding: str
) -> list[tuple[int, int]]:
    return [
        window.padding_amounts(padding, n, k, s)
        for n, k, s in zip(x.shape[2:], size, strides, strict=True)
    ]


def _padded(
    x: Tensor, size: Sequence[int], strides: Sequence[int], padding: str, value: float
) -> tuple[Tensor, tuple[int, ...]]:
    """Torch pads symmetrically by at most half a window; anything else is padded here."""
    amounts = _amounts(x, size, strides, padding)
    direct = all(b == a and 2 * b <= k for (b, a), k in zip(amounts, size, strict=True))
    if direct:
        return x, tuple(before for before, _ in amounts)
    return pad(x, amounts, value), (0,) * len(amounts)
