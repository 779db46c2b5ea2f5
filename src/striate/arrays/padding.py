"""Borders around images, and gaps between their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from striate import errors
from striate.arrays.forms import Array, images, same_form
from striate.arrays.sizes import pair

MODES = {"constant": "constant", "zeros": "constant", "reflect": "reflect", "edge": "edge"}


def pad2d(
    x: ArrayLike, padding: int | Sequence[Any], mode: str = "constant", value: float = 0.0
) -> Array:
    """Adds rows and columns around an image.

    Shapes: (H, W), (H, W, C) or (N, H, W, C) -> the same with H and W larger.

    Args:
        x: image or stack of images.
        padding: a number for all sides, (height, width), or ((top, bottom), (left, right)).
        mode: "constant" (with `value`), "reflect" (mirrored, without the edge) or "edge".
        value: what a constant border holds.

    Raises:
        ArgumentError: an unknown mode or a negative size.
        ShapeError: not an image.

    Example:
        >>> from striate import arrays
        >>> arrays.pad2d([[1.0, 2.0]], ((1, 0), (0, 1))).tolist()
        [[0.0, 0.0, 0.0], [1.0, 2.0, 0.0]]
    """
    if mode not in MODES:
        raise errors.unknown_name("pad2d", "mode", mode, MODES)
    image, rank = images("pad2d", x)
    both = list(padding) if isinstance(padding, Sequence) else [padding, padding]
    border = [pair("pad2d", "padding", axis, least=0) for axis in both]
    if len(border) != 2:
        raise errors.ArgumentError(
            errors.message(
                "pad2d",
                "`padding` is not valid",
                got={"padding": padding},
                expected="a number, (height, width), or ((top, bottom), (left, right))",
            )
        )
    spec = [(0, 0), *border, (0, 0)]
    if MODES[mode] == "constant":
        out = np.pad(image, spec, constant_values=value)
    elif mode == "reflect":
        out = np.pad(image, spec, mode="reflect")
    else:
        out = np.pad(image, spec, mode="edge")
    return same_form(out, rank)


def dilate2d(x: ArrayLike, gaps: int | Sequence[int]) -> Array:
    """Sets pixels `gaps` apart, zeros between them: size (n - 1) gaps + 1.

    The backward pass of a strided convolution works on the gradient set apart by the stride.

    Example:
        >>> from striate import arrays
        >>> arrays.dilate2d([[1.0, 2.0]], 2).tolist()
        [[1.0, 0.0, 2.0]]
    """
    image, rank = images("dilate2d", x)
    rows, columns = pair("dilate2d", "gaps", gaps)
    n, height, width, channels = image.shape
    out = np.zeros((n, (height - 1) * rows + 1, (width - 1) * columns + 1, channels), image.dtype)
    out[:, ::rows, ::columns] = image
    return same_form(out, rank)
