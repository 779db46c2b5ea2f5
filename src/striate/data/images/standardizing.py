"""Images brought to a common scale: by themselves, or by the statistics of a whole set."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from striate.data.images.affine import Array

_TINY = 1e-6


def centred(x: Array, axis: tuple[int, ...] | None, divide: bool) -> Array:
    """Minus the mean over `axis`, and with `divide` over the standard deviation; in place."""
    x -= np.mean(x, axis=axis, keepdims=True)
    if divide:
        x /= np.std(x, axis=axis, keepdims=True) + _TINY
    return x


def statistics(x: Array, channel_axis: int) -> tuple[Array, Array]:
    """Mean and standard deviation of each channel, in a shape that broadcasts over an image."""
    others = tuple(axis for axis in range(4) if axis != channel_axis)
    mean, std = (f(x, axis=others, keepdims=True)[0] for f in (np.mean, np.std))
    return mean, std


def whitening(x: Array, epsilon: float) -> Array:
    """The matrix that makes the pixels of images uncorrelated and of variance 1 (ZCA).

    With the singular values s and vectors U of the N images as columns:
    U diag(sqrt(N) / (s + epsilon)) U^T. Where there are more images than numbers in one, s and U
    come from the eigenvalues of the small matrix of their products, in double precision.

    Shapes: x (N, ...) centred -> (D, D), D the numbers of an image.
    """
    flat = np.reshape(x, (len(x), -1))
    if len(flat) >= flat.shape[1]:
        wide = flat.astype("float64")
        values, u = np.linalg.eigh(wide.T @ wide)
        s = np.sqrt(np.maximum(values, 0))
    else:
        u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
    matrix = (u * (np.sqrt(len(flat)) / (s + epsilon))) @ u.T
    return np.asarray(matrix.astype(x.dtype, copy=False))


def whitened(x: Array, matrix: Array) -> Array:
    """Images, or one, times the matrix."""
    flat = x.reshape(-1, matrix.shape[0])
    return np.asarray((flat @ matrix).reshape(x.shape))


def warn_not_fitted(what: str) -> None:
    """Says that statistics are asked for that `fit` has not gathered."""
    warnings.warn(
        f"`{what}` needs the statistics of the images, which are not known: the images stay as "
        "they are; call `fit(x)` of the generator first",
        stacklevel=4,
    )


def as_float(x: Any, dtype: Any) -> Array:
    """The array itself if it holds floats, which are then changed in place; else a copy."""
    array = np.asarray(x)
    return array if array.dtype.kind == "f" and array.flags.writeable else array.astype(dtype)
