"""Slow definitions of what augmentations do to one pixel at a time; imported by tests only."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable

import numpy as np

Array = np.ndarray

# What lies four pixels around a row of four, read off the pictures in the documentation.
BORDERS = {
    "reflect": "dcba|abcd|dcba",
    "mirror": ".dcb|abcd|cba.",
    "nearest": "aaaa|abcd|dddd",
    "wrap": "abcd|abcd|abcd",
}


def border_pixel(index: int, size: int, fill_mode: str) -> int | None:
    """The pixel that stands at `index`, by walking; None where the filling stands."""
    if 0 <= index < size:
        return index
    if fill_mode == "constant":
        return None
    if fill_mode == "nearest":
        return 0 if index < 0 else size - 1
    if fill_mode == "wrap":
        return border_pixel(index + size if index < 0 else index - size, size, fill_mode)
    if fill_mode == "mirror":
        if size == 1:
            return 0
        return border_pixel(-index if index < 0 else 2 * (size - 1) - index, size, fill_mode)
    return border_pixel(-1 - index if index < 0 else 2 * size - 1 - index, size, fill_mode)


def pixel(image: Array, row: int, column: int, fill_mode: str, fill_value: float) -> Array:
    """The colour at whole coordinates, inside the image (H, W, C) or beyond."""
    r = border_pixel(row, image.shape[0], fill_mode)
    c = border_pixel(column, image.shape[1], fill_mode)
    if r is None or c is None:
        return np.full(image.shape[2], fill_value)
    return image[r, c]


def look(
    image: Array,
    row: float,
    column: float,
    interpolation: str = "bilinear",
    fill_mode: str = "reflect",
    fill_value: float = 0.0,
) -> Array:
    """The colour at a place between pixels."""
    if interpolation == "nearest":
        return pixel(image, round(row), round(column), fill_mode, fill_value)
    top, left = math.floor(row), math.floor(column)
    down, across = row - top, column - left
    out = np.zeros(image.shape[2])
    for r, share_r in ((top, 1 - down), (top + 1, down)):
        for c, share_c in ((left, 1 - across), (left + 1, across)):
            out += share_r * share_c * pixel(image, r, c, fill_mode, fill_value)
    return out


def moved(
    images: Array, place: Callable[[int, int, int], tuple[float, float]], **how: object
) -> Array:
    """Images whose pixel (row, column) of image n shows the place that `place` gives."""
    out = np.zeros(images.shape)
    for n, row, column in np.ndindex(images.shape[:3]):
        out[n, row, column] = look(images[n], *place(n, row, column), **how)  # type: ignore[arg-type]
    return out


def correlated(image: Array, window: Array) -> Array:
    """Each channel of (H, W, C) with a window of odd sides; zeros beyond the border."""
    out = np.zeros(image.shape)
    reach = [(n - 1) // 2 for n in window.shape]
    for row, column in np.ndindex(image.shape[:2]):
        for i, j in np.ndindex(window.shape):
            r, c = row + i - reach[0], column + j - reach[1]
            if 0 <= r < image.shape[0] and 0 <= c < image.shape[1]:
                out[row, column] += window[i, j] * image[r, c]
    return out


def bell(size: int, sigma: float) -> Array:
    """A Gaussian window of the sum 1."""
    values = np.array(
        [math.exp(-((i - (size - 1) / 2) ** 2) / (2 * sigma**2)) for i in range(size)]
    )
    return values / values.sum()


def in_hsv(images: Array, change: Callable[[int, float, float, float], tuple]) -> Array:
    """Images in [0, 1] after `change(n, hue, saturation, value)` of every pixel."""
    out = np.zeros(images.shape)
    for index in np.ndindex(images.shape[:3]):
        h, s, v = colorsys.rgb_to_hsv(*images[index])
        out[index] = colorsys.hsv_to_rgb(*change(index[0], h, s, v))
    return out


def equalized(channel: Array, bins: int = 256) -> Array:
    """The rank of each value of 0 to 255 in (H, W), rounded."""
    place = np.floor(channel * (bins - 1) / 255).astype(int)
    counts = [int((place <= b).sum()) for b in range(bins)]
    least = min(c for c in counts if c > 0)
    if counts[-1] == least:
        return channel
    ranks = [(c - least) * 255 / (counts[-1] - least) for c in counts]
    return np.vectorize(lambda b: float(np.clip(np.round(ranks[b]), 0, 255)))(place)
