"""What layers do to their input in training only."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.ops.random import kept


def dropout(
    x: Tensor,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    source: torch.Generator | None = None,
) -> Tensor:
    """x kept / (1 - rate): every value is kept with probability 1 - rate, else zero.

    Shapes: x and `noise_shape` channels last; sizes of 1 in `noise_shape` share one draw.
    """
    if rate == 1.0:
        return torch.zeros_like(x)
    shape = list(x.shape)
    for axis, size in enumerate(noise_shape or ()):
        shape[axis] = shape[axis] if size is None else size
    return x * (kept(shape, x, rate, source) / (1.0 - rate))
