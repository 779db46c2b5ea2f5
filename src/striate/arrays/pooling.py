"""Pooling of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from striate import errors
from striate.arrays.forms import Array, images, same_form
from striate.arrays.sizes import say_dropped
from striate.arrays.windows import Size, sliding, views

KINDS: dict[str, Callable[[Array], Array]] = {
    "max": lambda w: np.nanmax(w, axis=(3, 4)),
    "min": lambda w: np.nanmin(w, axis=(3, 4)),
    "average": lambda w: np.nanmean(w, axis=(3, 4)),
    "sum": lambda w: np.nansum(w, axis=(3, 4)),
    "l2": lambda w: np.sqrt(np.nansum(np.square(w), axis=(3, 4))),
    "median": lambda w: np.nanmedian(w, axis=(3, 4)),
}


def pool2d(
    x: ArrayLike,
    size: Size = 2,
    stride: Size | None = None,
    *,
    kind: str = "max",
    padding: Any = "valid",
) -> Array:
    """Keeps one number of each window of each channel.

    Shapes: (H, W), (H, W, C) or (N, H, W, C) -> the same with H' and W'.

    Args:
        x: image or stack of images.
        size: height and width of the window.
        stride: rows and columns between windows; None means `size`, windows that do not overlap.
        kind: "max", "average", "min", "sum", "l2" (root of the sum of squares) or "median".
        padding: as in `correlate2d`; padding takes no part in the result.

    Raises:
        UnknownNameError: an unknown kind.
        ShapeError: the window is larger than the image.

    Example:
        >>> from striate import arrays
        >>> arrays.pool2d([[1, 2, 5, 0], [3, 4, 1, 2]]).tolist()
        [[4.0, 5.0]]
        >>> arrays.pool2d([[1, 2, 5, 0], [3, 4, 1, 2]], kind="average").tolist()
        [[2.5, 2.0]]
    """
    if kind not in KINDS:
        raise errors.unknown_name("pool2d", "kind", kind, KINDS)
    image, rank = images("pool2d", x)
    how = sliding("pool2d", image.shape, size, size if stride is None else stride, padding, 1)
    say_dropped("pool2d", how.sizes)
    return same_form(KINDS[kind](views(image, how, value=np.nan)), rank)
