"""Windows laid out: every window as a row of a matrix, and one window looked at closely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from striate import errors
from striate.arrays.forms import Array, images, kernel_of
from striate.arrays.sizes import OutputSize, axis_amounts, output_size, pair

Size = int | Sequence[int]


@dataclass(frozen=True)
class Sliding:
    """How a window slides: its size, stride, dilation and padding, checked.

    Args:
        kernel: height and width of the window.
        stride: rows and columns between windows.
        dilation: distance between the samples of a window.
        border: zeros ((top, bottom), (left, right)).
        sizes: number of windows down and across.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    border: tuple[tuple[int, int], tuple[int, int]]
    sizes: tuple[OutputSize, OutputSize]


def sliding(
    where: str, shape: Sequence[int], kernel: Size, stride: Size, padding: Any, dilation: Size
) -> Sliding:
    """Checks the arguments of a sliding window over (N, H, W, C)."""
    k, s = pair(where, "kernel_size", kernel), pair(where, "stride", stride)
    d = pair(where, "dilation", dilation)
    top, left = axis_amounts(where, padding, shape[1:3], k, s, d)
    down, across = (
        output_size(shape[i + 1], k[i], p, s[i], d[i]) for i, p in enumerate((top, left))
    )
    return Sliding(k, s, d, (top, left), (down, across))


def views(x: Array, how: Sliding, value: float = 0.0) -> Array:
    """Every window of (N, H, W, C): a view (N, H', W', k_h, k_w, C) of the padded image."""
    image = np.pad(x, [(0, 0), *how.border, (0, 0)], constant_values=value)
    reach = [(k - 1) * d + 1 for k, d in zip(how.kernel, how.dilation, strict=True)]
    found = np.lib.stride_tricks.sliding_window_view(image, reach, axis=(1, 2))
    strided = found[
        :, :: how.stride[0], :: how.stride[1], :, :: how.dilation[0], :: how.dilation[1]
    ]
    return strided.transpose(0, 1, 2, 4, 5, 3)


def im2col(
    x: ArrayLike, kernel_size: Size, stride: Size = 1, padding: Any = "valid", dilation: Size = 1
) -> Array:
    """Every window as a row: a convolution becomes one matrix product.

    Shapes: (H, W), (H, W, C) or (N, H, W, C) -> (N H' W', k_h k_w C); rows run over images, then
        down, then across; columns over the window's rows, columns and channels.

    Args:
        x: image or stack of images.
        kernel_size: height and width of the window.
        stride: rows and columns between windows.
        padding: "valid", "same", "full", a number, or ((top, bottom), (left, right)).
        dilation: distance between the samples of a window.

    Example:
        >>> from striate import arrays
        >>> arrays.im2col([[1, 2, 3], [4, 5, 6]], (2, 2)).tolist()
        [[1.0, 2.0, 4.0, 5.0], [2.0, 3.0, 5.0, 6.0]]

    References: Chellapilla et al. (2006), "High performance convolutional neural networks for
        document processing", https://inria.hal.science/inria-00112631
    """
    image, _ = images("im2col", x)
    how = sliding("im2col", image.shape, kernel_size, stride, padding, dilation)
    found = views(image, how)
    return np.ascontiguousarray(found).reshape(-1, found.shape[3] * found.shape[4] * found.shape[5])


def col2im(
    columns: ArrayLike,
    shape: Sequence[int],
    kernel_size: Size,
    stride: Size = 1,
    padding: Any = "valid",
    dilation: Size = 1,
) -> Array:
    """Adds every row of `im2col`'s matrix back to where it came from.

    The transposed operation, not the inverse: a pixel seen by m windows comes back m times. It is
    how gradients of windows become the gradient of the image.

    Args:
        columns: (N H' W', k_h k_w C).
        shape: shape of the image or images: (H, W), (H, W, C) or (N, H, W, C).
        kernel_size: as in `im2col`.
        stride: as in `im2col`.
        padding: as in `im2col`.
        dilation: as in `im2col`.

    Raises:
        ShapeError: the matrix is not of the form that `im2col` gives for this shape.

    Example:
        >>> from striate import arrays
        >>> columns = arrays.im2col([[1, 2, 3]], (1, 2))
        >>> arrays.col2im(columns, (1, 3), (1, 2)).tolist()
        [[1.0, 4.0, 3.0]]
    """
    matrix = np.asarray(columns)
    n, height, width, channels = {2: (1, *shape, 1), 3: (1, *shape), 4: tuple(shape)}[len(shape)]
    how = sliding("col2im", (n, height, width, channels), kernel_size, stride, padding, dilation)
    wanted = (n * how.sizes[0] * how.sizes[1], how.kernel[0] * how.kernel[1] * channels)
    if matrix.shape != wanted:
        raise errors.ShapeError(
            errors.message(
                "col2im",
                "the matrix is not of these windows",
                got={"columns": matrix.shape},
                expected=f"{wanted} for images {tuple(shape)}",
            )
        )
    (top, bottom), (left, right) = how.border
    whole = np.zeros((n, height + top + bottom, width + left + right, channels), matrix.dtype)
    parts = matrix.reshape(n, how.sizes[0], how.sizes[1], *how.kernel, channels)
    for row in range(how.kernel[0]):
        for column in range(how.kernel[1]):
            y, x = row * how.dilation[0], column * how.dilation[1]
            ends = y + how.sizes[0] * how.stride[0], x + how.sizes[1] * how.stride[1]
            target = whole[:, y : ends[0] : how.stride[0], x : ends[1] : how.stride[1]]
            target += parts[:, :, :, row, column]
    out = whole[:, top : top + height, left : left + width]
    return out.reshape(tuple(shape))


@dataclass(frozen=True)
class WindowTrace:
    """One window of a convolution, number by number.

    Args:
        row: which window, counted down.
        column: which window, counted across.
        top_left: where the window's first sample lies in the image; negative in the padding.
        window: what the filter sees, (k_h, k_w) or (k_h, k_w, C).
        kernel: the filter, of the same shape.
        products: window times kernel, element by element.
        total: the sum of the products.
        bias: what is added.
        output: total + bias.
    """

    row: int
    column: int
    top_left: tuple[int, int]
    window: Array
    kernel: Array
    products: Array
    total: float
    bias: float
    output: float

    def __str__(self) -> str:
        def grid(array: Array) -> list[str]:
            flat = array if array.ndim == 2 else array.reshape(array.shape[0], -1)
            return ["  ".join(f"{v:8.4g}" for v in line) for line in flat]

        lines = [f"window ({self.row}, {self.column}), from row {self.top_left[0]}, column"]
        lines[0] += f" {self.top_left[1]} of the image"
        for title, array in (
            ("what the filter sees:", self.window),
            ("times the kernel:", self.kernel),
            ("gives:", self.products),
        ):
            lines += [title, *("  " + line for line in grid(array))]
        lines.append(f"sum {self.total:.6g} + bias {self.bias:.6g} = {self.output:.6g}")
        return "\n".join(lines)


def trace_window(
    image: ArrayLike,
    kernel: ArrayLike,
    row: int,
    column: int,
    *,
    bias: float = 0.0,
    stride: Size = 1,
    padding: Any = "valid",
    dilation: Size = 1,
) -> WindowTrace:
    """The window, the products, their sum and the bias behind one number of `correlate2d`.

    Args:
        image: (H, W) or (H, W, C).
        kernel: (h, w) for an image without channels, (h, w, C) for one with.
        row: row of the output.
        column: column of the output.
        bias: added to the sum.
        stride: as in `correlate2d`.
        padding: as in `correlate2d`.
        dilation: as in `correlate2d`.

    Raises:
        ArgumentError: the output has no such row or column.
        ShapeError: image and kernel do not fit.

    Example:
        >>> from striate import arrays
        >>> trace = arrays.trace_window([[1, 2], [3, 4]], [[1, 0], [0, 1]], 0, 0, bias=0.5)
        >>> trace.products.tolist(), trace.output
        ([[1.0, 0.0], [0.0, 4.0]], 5.5)
    """
    whole, weights, rank = _one_filter(image, kernel)
    how = sliding("trace_window", whole.shape, weights.shape[:2], stride, padding, dilation)
    if not (0 <= row < how.sizes[0] and 0 <= column < how.sizes[1]):
        raise errors.ArgumentError(
            errors.message(
                "trace_window",
                "the output has no such window",
                got={"row": row, "column": column},
                expected=f"row below {how.sizes[0]}, column below {how.sizes[1]}",
            )
        )
    seen = views(whole, how)[0, row, column]
    filt = weights[..., 0]
    if rank == 2:
        seen, filt = seen[..., 0], filt[..., 0]
    products = seen * filt
    total = float(products.sum())
    corner = (row * how.stride[0] - how.border[0][0], column * how.stride[1] - how.border[1][0])
    return WindowTrace(
        row, column, corner, seen.copy(), filt, products, total, float(bias), total + bias
    )


def _one_filter(image: ArrayLike, kernel: ArrayLike) -> tuple[Array, Array, int]:
    """One image as (1, H, W, C) and one filter as (h, w, C, 1); the rank the image had."""
    whole, rank = images("trace_window", image)
    weights, form = kernel_of("trace_window", kernel, whole.shape[3])
    if rank == 4 or form == "bank" or (form == "each" and whole.shape[3] != 1):
        raise errors.ShapeError(
            errors.message(
                "trace_window",
                "one image and one filter are traced",
                got={"image": np.shape(image), "kernel": np.shape(kernel)},
                expected="(H, W) with (h, w), or (H, W, C) with (h, w, C)",
                fix="Take one of them: images[0], kernel[..., 0]",
            )
        )
    return whole, weights, rank
