"""Gates: numbers that say how much each channel, or each place, of a map matters.

Maps are (N, C, *spatial) in internal order (`ops.layout`); gates have the shape that multiplies
them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from striate.ops.convolution import conv
from striate.ops.dense import dense
from striate.ops.layout import to_external, to_internal

Function = Callable[[Tensor], Tensor]
Product = tuple[Tensor, "Tensor | None"]  # kernel, bias


def channel_mean(x: Tensor) -> Tensor:
    """The mean of each map, (N, C)."""
    return to_external(x).flatten(1, -2).mean(1)


def channel_max(x: Tensor) -> Tensor:
    """The largest value of each map, (N, C)."""
    return to_external(x).flatten(1, -2).amax(1)


def over_places(gate: Tensor, x: Tensor) -> Tensor:
    """A number per channel, (N, C), as what multiplies the maps `x`."""
    return gate.reshape(*gate.shape, *(1,) * (x.dim() - 2))


def squeezed(s: Tensor, squeeze: Product, bend: Function, excite: Product) -> Tensor:
    """W2 bend(W1 s + b1) + b2: (N, C) -> (N, C)."""
    return dense(bend(dense(s, *squeeze)), *excite)


def neighbours(s: Tensor, kernel: Tensor) -> Tensor:
    """sum_j s[:, c + j] kernel[j], zeros beyond the first and the last channel: (N, C) -> (N, C).

    Shapes: kernel (k, 1, 1), k odd.
    """
    return conv(s.unsqueeze(1), kernel, None, (1,), "same", (1,)).squeeze(1)


def place_scores(x: Tensor, kernel: Tensor) -> Tensor:
    """A convolution of (mean over channels, largest of channels): (N, C, H, W) -> (N, 1, H, W).

    Zeros around, so that the size stays. Shapes: kernel (*k, 2, 1).
    """
    last = to_external(x)
    both = torch.stack([last.mean(-1), last.amax(-1)], dim=-1)
    return conv(to_internal(both), kernel, None, (1, 1), "same", (1, 1))
