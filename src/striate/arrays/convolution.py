"""Cross-correlation, convolution, and the backward pass as convolutions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike

from striate import errors
from striate.arrays.forms import Array, images, kernel_of, same_form
from striate.arrays.padding import dilate2d
from striate.arrays.sizes import say_dropped
from striate.arrays.windows import Size, Sliding, im2col, sliding, views


def correlate2d(
    x: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Size = 1,
    padding: Any = "valid",
    dilation: Size = 1,
    bias: Any = None,
) -> Array:
    """Slides a kernel over an image as it is: what deep learning calls a convolution.

    out[i, j, f] = bias[f] + sum over a, b, c of x[i s + a d, j s + b d, c] kernel[a, b, c, f].
    A convolution in the mathematical sense turns the kernel by 180 degrees first: `convolve2d`.

    Shapes: images (H, W), (H, W, C) or (N, H, W, C); kernel (h, w) is applied to every channel by
        itself, (h, w, C) gives one map, (h, w, C, F) gives F maps as channels.

    Args:
        x: image or stack of images.
        kernel: filter or bank of filters.
        stride: rows and columns between windows.
        padding: "valid", "same" (as TensorFlow), "full" (every overlap, output n + k - 1), a
            number, or ((top, bottom), (left, right)).
        dilation: distance between the samples of a window.
        bias: a number, or one per filter.

    Raises:
        ShapeError: image and kernel do not fit, or the window is larger than the image.

    Example:
        >>> from striate import arrays
        >>> arrays.correlate2d([[0, 1, 0], [1, 2, 1]], [[1, 2]]).tolist()
        [[2.0, 1.0], [5.0, 4.0]]
        >>> arrays.convolve2d([[0, 1, 0], [1, 2, 1]], [[1, 2]]).tolist()
        [[1.0, 2.0], [4.0, 5.0]]
    """
    return _slide("correlate2d", x, kernel, stride, padding, dilation, bias)


def convolve2d(
    x: ArrayLike,
    kernel: ArrayLike,
    *,
    stride: Size = 1,
    padding: Any = "valid",
    dilation: Size = 1,
    bias: Any = None,
) -> Array:
    """The mathematical convolution: `correlate2d` with the kernel turned by 180 degrees.

    (x * k)[i, j] = sum over a, b of x[i - a, j - b] k[a, b]: it commutes and is associative, which
    correlation is not. For a network that learns its kernels the two are the same thing.

    Shapes: as for `correlate2d`.

    Args:
        x: as in `correlate2d`.
        kernel: as in `correlate2d`.
        stride: as in `correlate2d`.
        padding: as in `correlate2d`; signal processing calls output n + k - 1 "full".
        dilation: as in `correlate2d`.
        bias: as in `correlate2d`.

    Example:
        >>> from striate import arrays
        >>> arrays.convolve2d([[1, 2]], [[1, 10]], padding="full").tolist()
        [[1.0, 12.0, 20.0]]
    """
    return _slide(
        "convolve2d", x, np.flip(np.asarray(kernel), (0, 1)), stride, padding, dilation, bias
    )


def _slide(
    where: str,
    x: ArrayLike,
    kernel: ArrayLike,
    stride: Size,
    padding: Any,
    dilation: Size,
    bias: Any,
) -> Array:
    image, rank = images(where, x)
    weights, form = kernel_of(where, kernel, image.shape[3])
    how = sliding(where, image.shape, weights.shape[:2], stride, padding, dilation)
    say_dropped(where, how.sizes)
    found = views(image, how)
    out: Array
    if form == "each":
        out = np.einsum("nijabc,ab->nijc", found, weights[:, :, 0, 0], optimize=True)
    else:
        out = np.tensordot(found, weights, axes=([3, 4, 5], [0, 1, 2]))
    out = out if bias is None else out + np.asarray(bias)
    if form == "one":
        maps: Array = out[..., 0]
        return maps if rank == 4 else cast("Array", maps[0])
    if form == "bank" and rank == 2:
        return cast("Array", out[0])
    return same_form(out, rank)


@dataclass(frozen=True)
class MatrixProduct:
    """A convolution written as one matrix product.

    Args:
        columns: (N H' W', k_h k_w C), a window per row; see `im2col`.
        weights: (k_h k_w C, F), a filter per column.
        output: columns @ weights, shaped (N, H', W', F).
    """

    columns: Array
    weights: Array
    output: Array


def matrix_product(
    x: ArrayLike, kernel: ArrayLike, *, stride: Size = 1, padding: Any = "valid", dilation: Size = 1
) -> MatrixProduct:
    """`correlate2d` as the matrix product that fast libraries compute.

    Args:
        x: image or stack of images.
        kernel: (h, w, C, F); (h, w, C) is one filter.
        stride: as in `correlate2d`.
        padding: as in `correlate2d`.
        dilation: as in `correlate2d`.

    Raises:
        ShapeError: image and kernel do not fit.

    Example:
        >>> import numpy as np
        >>> from striate import arrays
        >>> found = arrays.matrix_product(np.ones((5, 5, 3)), np.ones((3, 3, 3, 2)))
        >>> found.columns.shape, found.weights.shape, found.output.shape
        ((9, 27), (27, 2), (1, 3, 3, 2))
    """
    image, _ = images("matrix_product", x)
    weights, form = kernel_of("matrix_product", kernel, image.shape[3])
    if form == "each" and image.shape[3] != 1:
        raise errors.ShapeError(
            errors.message(
                "matrix_product",
                "a filter needs the channels of the image",
                got={"kernel": weights.shape[:2], "channels": image.shape[3]},
                expected=f"(h, w, {image.shape[3]}, F)",
            )
        )
    how = sliding("matrix_product", image.shape, weights.shape[:2], stride, padding, dilation)
    columns = im2col(image, weights.shape[:2], stride, padding, dilation)
    matrix = weights.reshape(-1, weights.shape[3])
    output = (columns @ matrix).reshape(image.shape[0], *how.sizes, weights.shape[3])
    return MatrixProduct(columns, matrix, output)


@dataclass(frozen=True)
class Gradients:
    """Gradients of a convolution.

    Args:
        x: with respect to the image, of its shape.
        kernel: with respect to the kernel, of its shape.
        bias: with respect to the bias, (F,).
    """

    x: Array
    kernel: Array
    bias: Array


def correlate2d_backward(
    x: ArrayLike,
    kernel: ArrayLike,
    gradient: ArrayLike,
    *,
    stride: Size = 1,
    padding: Any = "valid",
    dilation: Size = 1,
) -> Gradients:
    """The backward pass of `correlate2d`, itself made of convolutions.

    With G the gradient set apart by the stride (`dilate2d`): the gradient of the image is the
    full mathematical convolution of G with the kernel; the gradient of the kernel is the padded
    image correlated with G; that of the bias is the sum of the gradient.

    Shapes: x (N, H, W, C), kernel (h, w, C, F), gradient (N, H', W', F).

    Args:
        x: the images of the forward pass.
        kernel: the bank of filters.
        gradient: of the loss with respect to the output.
        stride: as in the forward pass.
        padding: as in the forward pass.
        dilation: as in the forward pass.

    Raises:
        ShapeError: shapes other than those above.

    Example:
        >>> import numpy as np
        >>> from striate import arrays
        >>> x, k = np.ones((1, 4, 4, 1)), np.ones((3, 3, 1, 1))
        >>> back = arrays.correlate2d_backward(x, k, np.ones((1, 2, 2, 1)))
        >>> back.x[0, :, :, 0].tolist()[0], back.kernel[0, 0, 0, 0], back.bias
        ([1.0, 2.0, 2.0, 1.0], np.float64(4.0), array([4.]))

    References: Dumoulin & Visin (2016), https://arxiv.org/abs/1603.07285
    """
    image, _ = images("correlate2d_backward", x)
    weights, _ = kernel_of("correlate2d_backward", kernel, image.shape[3])
    how = sliding("correlate2d_backward", image.shape, weights.shape[:2], stride, padding, dilation)
    wanted = (image.shape[0], *how.sizes, weights.shape[3])
    found = np.asarray(gradient, dtype=image.dtype)
    if found.shape != wanted or np.ndim(kernel) != 4:
        raise errors.ShapeError(
            errors.message(
                "correlate2d_backward",
                "the gradient is not of the output's shape",
                got={"gradient": found.shape, "kernel": np.shape(kernel)},
                expected=f"gradient {tuple(int(n) for n in wanted)}, kernel (h, w, C, F)",
            )
        )
    apart = dilate2d(found, how.stride)
    return Gradients(
        _image_gradient(apart, weights, how, image.shape),
        _kernel_gradient(image, apart, how),
        found.sum(axis=(0, 1, 2)),
    )


def _image_gradient(apart: Array, weights: Array, how: Sliding, shape: Any) -> Array:
    """Full convolution with the kernel (in and out swapped), cut to the image inside its border."""
    turned = np.flip(weights, (0, 1)).transpose(0, 1, 3, 2)
    whole = correlate2d(apart, turned, padding="full", dilation=how.dilation)
    (top, bottom), (left, right) = how.border
    _, height, width, channels = shape
    # positions that no window saw stand behind what the full convolution covers
    out = np.zeros((shape[0], height + top + bottom, width + left + right, channels), whole.dtype)
    out[:, : whole.shape[1], : whole.shape[2]] = whole
    return out[:, top : top + height, left : left + width]


def _kernel_gradient(image: Array, apart: Array, how: Sliding) -> Array:
    """The padded image correlated with the gradient: batch and channels change places."""
    padded = np.pad(image, [(0, 0), *how.border, (0, 0)])
    rows = (how.kernel[0] - 1) * how.dilation[0] + apart.shape[1]
    columns = (how.kernel[1] - 1) * how.dilation[1] + apart.shape[2]
    seen = padded[:, :rows, :columns].transpose(3, 1, 2, 0)
    filters = apart.transpose(1, 2, 0, 3)
    return correlate2d(seen, filters, stride=how.dilation).transpose(1, 2, 0, 3)
