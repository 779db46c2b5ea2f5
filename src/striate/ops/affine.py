"""x scale + offset, with numbers or one of each per channel."""

from __future__ import annotations

from torch import Tensor

from striate.ops.constants import constant
from striate.ops.layout import to_external, to_internal

Numbers = float | tuple[float, ...]


def affine(x: Tensor, scale: Numbers, offset: Numbers) -> Tensor:
    """x scale + offset.

    Shapes: x (N, C, ...); scale and offset numbers, or C of them.
    """
    if isinstance(scale, tuple) or isinstance(offset, tuple):
        last = to_external(x)
        return to_internal(last * constant(scale, x) + constant(offset, x))
    return x * scale if offset == 0.0 else x * scale + offset
