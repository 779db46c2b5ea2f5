"""What is added around a map, or cut off: zeros, mirrors, crops."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from striate.ops.layout import flat_as_plane, plane_as_flat

Amounts = Sequence[tuple[int, int]]


def pad(x: Tensor, amounts: Amounts, value: float = 0.0, mode: str = "constant") -> Tensor:
    """Adds values before and after each spatial axis of (N, C, *spatial).

    mode "constant" adds `value`; "reflect" mirrors the inside, the border value not repeated.
    Torch would copy one axis to its own order, so that goes as a plane of one row.
    """
    sizes = [n for pair in reversed(amounts) for n in pair]
    fill = value if mode == "constant" else None
    if x.dim() == 3:
        return plane_as_flat(F.pad(flat_as_plane(x), [*sizes, 0, 0], mode, fill))
    return F.pad(x, sizes, mode, fill)


def crop(x: Tensor, amounts: Amounts) -> Tensor:
    """Leaves out values before and after each spatial axis of (N, C, *spatial): a view."""
    for axis, (before, after) in enumerate(amounts, 2):
        if before or after:
            x = x.narrow(axis, before, x.shape[axis] - before - after)
    return x
