"""One form inside: images are (N, H, W, C), kernels (h, w, C, F); what came in goes out again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from striate import errors

Array = np.ndarray[Any, np.dtype[Any]]


def images(where: str, x: ArrayLike) -> tuple[Array, int]:
    """`x` as (N, H, W, C), and the number of dimensions that it had.

    Raises:
        ShapeError: not 2, 3 or 4 dimensions, or an empty axis.
    """
    array = np.asarray(x)
    if array.ndim not in (2, 3, 4) or 0 in array.shape:
        raise errors.ShapeError(
            errors.message(
                where,
                "not an image or a stack of images",
                got={"shape": array.shape},
                expected="(H, W), (H, W, C) or (N, H, W, C), none of them 0",
            )
        )
    if not np.issubdtype(array.dtype, np.floating):
        array = array.astype(np.float64)
    whole = {2: array[None, :, :, None], 3: array[None], 4: array}[array.ndim]
    return whole, array.ndim


def same_form(x: Array, rank: int) -> Array:
    """(N, H, W, C) as the image came in: without the batch, and without the channel of (H, W)."""
    if rank == 4:
        return x
    return x[0, :, :, 0] if rank == 2 else x[0]


def kernel_of(where: str, kernel: ArrayLike, channels: int) -> tuple[Array, str]:
    """A kernel as (h, w, C, F), and what it was.

    "each": (h, w), applied to every channel by itself; "one": (h, w, C), one filter over all
    channels; "bank": (h, w, C, F), F filters.

    Raises:
        ShapeError: other dimensions, or channels that are not the image's.
    """
    array = np.asarray(kernel, dtype=np.float64 if np.asarray(kernel).dtype.kind != "f" else None)
    fits = array.ndim == 2 or (array.ndim in (3, 4) and array.shape[2] == channels)
    if not fits or 0 in array.shape:
        raise errors.ShapeError(
            errors.message(
                where,
                "the kernel does not fit the image",
                got={"kernel shape": array.shape, "channels": channels},
                expected=f"(h, w) for every channel, (h, w, {channels}) for one filter, or"
                f" (h, w, {channels}, F) for F filters",
            )
        )
    if array.ndim == 2:
        return array[:, :, None, None], "each"
    return (array[..., None], "one") if array.ndim == 3 else (array, "bank")
