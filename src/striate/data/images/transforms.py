"""Random changes of images: their numbers drawn, and applied to a batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.data.images.affine import Array, Border, Parameters, moved
from striate.data.images.files import stretched
from striate.errors import ArgumentError, message


@dataclass(frozen=True)
class Ranges:
    """How far images are changed; see `ImageDataGenerator`, which has the same words."""

    rotation: float = 0.0
    height_shift: Any = 0.0
    width_shift: Any = 0.0
    shear: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    channel_shift: float = 0.0
    brightness: tuple[float, float] | None = None
    horizontal_flip: bool = False
    vertical_flip: bool = False

    def draw(self, height: int, width: int, random: Any) -> dict[str, Any]:
        """The numbers of one change, drawn in the order in which Keras draws them.

        Args:
            height, width: of the image, for shifts that are fractions.
            random: numpy's generator of old (`RandomState`), or `numpy.random`.
        """
        theta = random.uniform(-self.rotation, self.rotation) if self.rotation else 0
        tx = _shift(self.height_shift, height, random)
        ty = _shift(self.width_shift, width, random)
        shear = random.uniform(-self.shear, self.shear) if self.shear else 0
        zx, zy = (1, 1) if self.zoom == (1, 1) else random.uniform(*self.zoom, 2)
        flip_horizontal = (random.random_sample() < 0.5) and bool(self.horizontal_flip)
        flip_vertical = (random.random_sample() < 0.5) and bool(self.vertical_flip)
        reach = self.channel_shift
        shift = random.uniform(-reach, reach) if reach else None
        brightness = None if self.brightness is None else random.uniform(*self.brightness)
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": flip_horizontal,
            "flip_vertical": flip_vertical,
            "channel_shift_intensity": shift,
            "brightness": brightness,
        }


def _shift(reach: Any, size: int, random: Any) -> Any:
    """A float: any number up to it; a whole number: a whole number below; a list: one of it.

    Below 1 these are fractions of the image, else pixels.
    """
    if isinstance(reach, (float, np.floating)):
        pixels = random.uniform(-reach, reach) if reach else 0
        return pixels * size if reach < 1 else pixels
    if np.ndim(reach) == 0 and not reach:
        return 0
    pixels = random.choice(reach) * random.choice([-1, 1])
    return pixels * size if np.max(reach) < 1 else pixels


def zoom_limits(value: Any) -> tuple[float, float]:
    """(lowest, highest) of a zoom: as given, or around 1."""
    if isinstance(value, (int, float)):
        return 1 - value, 1 + value
    return limits("zoom_range", value, "a number, or ")


def limits(name: str, value: Any, also: str = "") -> tuple[float, float]:
    """Two numbers as floats.

    Raises:
        ArgumentError: anything else.
    """
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) != 2:
        raise ArgumentError(
            message(
                "ImageDataGenerator",
                f"{name} is no range",
                got={name: value},
                expected=f"{also}two numbers, the lowest and the highest",
            )
        )
    return float(value[0]), float(value[1])


def transformed(images: Array, parameters: Sequence[Parameters], border: Border) -> Array:
    """The images (N, H, W, C), each after its own change: a new array, or `images` untouched."""
    result = moved(images, parameters, border)
    intensities = _given(parameters, "channel_shift_intensity")
    if intensities:
        result = _changed(result, intensities, channels_shifted)
    for name, axis in (("flip_horizontal", 1), ("flip_vertical", 0)):
        chosen = [i for i, given in enumerate(parameters) if given.get(name, False)]
        if chosen:
            result = result.copy() if result is images else result
            result[chosen] = np.flip(result[chosen], axis + 1)
    brightnesses = _given(parameters, "brightness")
    return _changed(result, brightnesses, brightened) if brightnesses else result


def _given(parameters: Sequence[Parameters], name: str) -> dict[int, float]:
    return {i: p[name] for i, p in enumerate(parameters) if p.get(name) is not None}


def _changed(images: Array, amounts: dict[int, float], change: Any) -> Array:
    chosen = list(amounts)
    values = np.array(list(amounts.values()), dtype="float64")
    result = images.copy()
    result[chosen] = change(images[chosen], values)
    return result


def channels_shifted(images: Array, amounts: Array) -> Array:
    """Each image plus its amount, kept between the lowest and highest number it had."""
    low = images.min(axis=(1, 2, 3), keepdims=True)
    high = images.max(axis=(1, 2, 3), keepdims=True)
    added = images + amounts.reshape(-1, 1, 1, 1).astype(images.dtype)
    return np.asarray(np.clip(added, low, high))


def brightened(images: Array, amounts: Array, scale: bool = False) -> Array:
    """Each image times its amount, in whole steps of 256, as Pillow does it.

    An image with numbers outside 0..255 is stretched to these first and back afterwards; with
    `scale` every image is stretched, and not back. The fourth channel, transparency, stays.
    """
    low = images.min(axis=(1, 2, 3), keepdims=True)
    high = images.max(axis=(1, 2, 3), keepdims=True)
    outside = (low < 0) | (high > 255)
    values = np.where(outside | scale, stretched(images), images).astype("uint8")
    factors = amounts.reshape(-1, 1, 1, 1).astype("float32")
    bright = np.clip(values * factors, 0, 255).astype("uint8").astype("float32")
    if images.shape[3] == 4:
        bright[..., 3] = values[..., 3]
    if not scale:
        bright = np.where(outside, bright / 255 * (high - low) + low, bright)
    return np.asarray(bright.astype(images.dtype, copy=False))
