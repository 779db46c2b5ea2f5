"""Every window of a map as an axis of its own, for what torch has no kernel for."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from striate.graph import window
from striate.ops.border import pad
from striate.ops.layout import to_external


def windows(
    x: Tensor,
    size: Sequence[int],
    strides: Sequence[int],
    padding: str = "valid",
    value: float = 0.0,
) -> Tensor:
    """Every window of a map, a view where nothing is padded.

    Shapes: x (N, C, *spatial) -> (N, *spatial', *size, C).
    """
    rank = len(size)
    amounts = window.all_axes(padding, x.shape[2:], size, strides, (1,) * rank)
    if any(amount != (0, 0) for amount in amounts):
        x = pad(x, amounts, value)
    seen = to_external(x)
    for axis, (k, s) in enumerate(zip(size, strides, strict=True), 1):
        seen = seen.unfold(axis, k, s)
    return seen.movedim(rank + 1, -1)
