"""Arrays as pictures: which numbers are black and white, which channels are red, green, blue."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def as_pixels(image: Array, bounds: tuple[float, float] | None = None) -> Array:
    """Bytes (H, W) or (H, W, 3) of an image (H, W), (H, W, 1), (H, W, 3) or more channels.

    Of two channels or more than four the first is shown; a fourth, transparency, is left out.

    Args:
        image: the image, channels last.
        bounds: what becomes black and white; None: the image's own lowest and highest value.

    Example:
        >>> as_pixels(np.array([[0.0, 0.5, 1.0]])).tolist()
        [[0, 128, 255]]
    """
    values = np.asarray(image, np.float64)
    if values.ndim == 3:
        values = values[..., :3] if values.shape[2] in (3, 4) else values[..., 0]
    low, high = (values.min(), values.max()) if bounds is None else bounds
    level = (values - low) / (high - low) if high > low else np.zeros_like(values)
    found: Array = np.rint(level.clip(0, 1) * 255).astype(np.uint8)
    return found


def show_image(axes: Any, image: Array, bounds: tuple[float, float] | None = None) -> None:
    """Draws an image on axes, grey where it has one channel, its pixels as they are."""
    axes.imshow(as_pixels(image, bounds), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
