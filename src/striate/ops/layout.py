"""The border between NHWC, which people see, and torch's NCHW order: views, never copies.

An NHWC array in memory is an NCHW tensor with channels-last strides, so crossing the border
only renames dimensions. Tensors of rank 2 or less, and the batch, stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def to_internal(x: Tensor) -> Tensor:
    """(N, ..., C) -> (N, C, ...), a view."""
    return x if x.dim() < 3 else x.movedim(-1, 1)


def to_external(x: Tensor) -> Tensor:
    """(N, C, ...) -> (N, ..., C), a view."""
    return x if x.dim() < 3 else x.movedim(1, -1)


def flat_as_plane(x: Tensor) -> Tensor:
    """(N, C, L) -> (N, C, 1, L), a view: torch's kernels over one axis would copy it."""
    return x.unsqueeze(2)


def plane_as_flat(x: Tensor) -> Tensor:
    """(N, C, 1, L) -> (N, C, L), a view."""
    return x.squeeze(2)


def slices_as_planes(x: Tensor) -> Tensor:
    """(N, C, D, H, W) -> (N D, C, H, W), a view: every slice of a volume as an image."""
    return to_internal(to_external(x).flatten(0, 1))


def planes_as_slices(x: Tensor, depth: int) -> Tensor:
    """(N D, C, H, W) -> (N, C, D, H, W), a view."""
    return to_internal(to_external(x).unflatten(0, (-1, depth)))


def internal_axis(axis: int, rank: int) -> int:
    """Where an axis that the user counts channels-last lies inside.

    Example:
        >>> internal_axis(-1, 4), internal_axis(1, 4)
        (1, 2)
    """
    position = axis + rank if axis < 0 else axis
    if rank < 3 or position == 0:
        return position
    return 1 if position == rank - 1 else position + 1


def positions(axis: int | Sequence[int], rank: int) -> list[int]:
    """One axis or several, counted from 0 and rising.

    Example:
        >>> positions((-1, 1), 4)
        [1, 3]
    """
    many = (axis,) if isinstance(axis, int) else axis
    return sorted(a % rank for a in many)
