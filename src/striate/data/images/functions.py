"""The random changes of one image as functions, with Keras's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from striate.data.images.affine import Array, Border, moved
from striate.data.images.transforms import brightened, channels_shifted, limits
from striate.errors import ArgumentError, DataError, message


def apply_affine_transform(
    x: Any,
    theta: float = 0,
    tx: float = 0,
    ty: float = 0,
    shear: float = 0,
    zx: float = 1,
    zy: float = 1,
    row_axis: int = 1,
    col_axis: int = 2,
    channel_axis: int = 0,
    fill_mode: str = "nearest",
    cval: float = 0.0,
    order: int = 1,
) -> Array:
    """One image after a rotation, shift, shear and zoom; channels first unless told otherwise.

    Args:
        x: the image, with three axes.
        theta, shear: degrees.
        tx, ty: pixels; as in Keras `tx` acts along the columns.
        zx, zy: above 1 shows more.
        row_axis, col_axis, channel_axis: which axis is which.
        fill_mode, cval, order: see `affine.Border`.

    Raises:
        ArgumentError: axes that are not 0, 1 and 2, or channels between the others.
        DataError: another rank.
    """
    image = np.asarray(x)
    if image.ndim != 3:
        raise DataError(
            message(
                "apply_affine_transform",
                "this is not one image",
                got={"shape": image.shape},
                expected="three axes: rows, columns and channels",
            )
        )
    if {row_axis, col_axis, channel_axis} != {0, 1, 2} or channel_axis == 1:
        raise ArgumentError(
            message(
                "apply_affine_transform",
                "these are not the axes of an image",
                got={"row_axis": row_axis, "col_axis": col_axis, "channel_axis": channel_axis},
                expected="0, 1 and 2, the channels first or last",
            )
        )
    parameters = {"theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy}
    last = np.moveaxis(image, channel_axis, 2)[np.newaxis]
    border = Border(fill_mode, cval, order)
    found = moved(last, [parameters], border, swap=col_axis > row_axis)[0]
    return np.moveaxis(found, 2, channel_axis)


def random_rotation(x: Any, rg: float, *places: Any, **options: Any) -> Array:
    """An image turned by up to `rg` degrees; the rest as for `apply_affine_transform`."""
    return _moved(x, {"theta": np.random.uniform(-rg, rg)}, places, options)


def random_shift(x: Any, wrg: float, hrg: float, *places: Any, **options: Any) -> Array:
    """An image moved by up to the fractions `wrg` and `hrg` of its width and height.

    The rest as for `apply_affine_transform`, along whose columns the height's part acts.
    """
    rows, columns = _axes(places, options)
    tx = np.random.uniform(-hrg, hrg) * np.shape(x)[rows]
    ty = np.random.uniform(-wrg, wrg) * np.shape(x)[columns]
    return _moved(x, {"tx": tx, "ty": ty}, places, options)


def random_shear(x: Any, intensity: float, *places: Any, **options: Any) -> Array:
    """An image sheared by up to `intensity` degrees; the rest as `apply_affine_transform`."""
    return _moved(x, {"shear": np.random.uniform(-intensity, intensity)}, places, options)


def random_zoom(x: Any, zoom_range: Sequence[float], *places: Any, **options: Any) -> Array:
    """An image zoomed, height and width each by its own factor from (lowest, highest).

    The rest as for `apply_affine_transform`.
    """
    low, high = limits("zoom_range", zoom_range)
    zx, zy = (1, 1) if low == high == 1 else np.random.uniform(low, high, 2)
    return _moved(x, {"zx": zx, "zy": zy}, places, options)


_PLACES = ("row_axis", "col_axis", "channel_axis", "fill_mode", "cval", "interpolation_order")


def _axes(places: tuple[Any, ...], options: dict[str, Any]) -> tuple[int, int]:
    given = {**dict(zip(_PLACES, places, strict=False)), **options}
    return given.get("row_axis", 1), given.get("col_axis", 2)


def _moved(
    x: Any, parameters: dict[str, Any], places: tuple[Any, ...], options: dict[str, Any]
) -> Array:
    given = {**dict(zip(_PLACES, places, strict=False)), **options}
    order = given.pop("interpolation_order", 1)
    return apply_affine_transform(x, **parameters, **given, order=order)


def apply_channel_shift(x: Any, intensity: float, channel_axis: int = 0) -> Array:
    """An image plus a number, kept between its lowest and highest."""
    image = np.asarray(x)
    return np.asarray(channels_shifted(image[np.newaxis], np.array([intensity]))[0])


def random_channel_shift(x: Any, intensity_range: float, channel_axis: int = 0) -> Array:
    """An image plus a number of up to `intensity_range`, kept between its lowest and highest."""
    return apply_channel_shift(x, np.random.uniform(-intensity_range, intensity_range))


def apply_brightness_shift(x: Any, brightness: float, scale: bool = True) -> Array:
    """An image (H, W, C) times a factor, in whole steps of 256.

    Args:
        x: the image.
        brightness: the factor.
        scale: stretches the numbers to 0..255 first.
    """
    image = np.asarray(x, dtype="float32")
    return np.asarray(brightened(image[np.newaxis], np.array([brightness]), scale)[0])


def random_brightness(x: Any, brightness_range: Sequence[float], scale: bool = True) -> Array:
    """An image times a factor from (lowest, highest); see `apply_brightness_shift`."""
    low, high = limits("brightness_range", brightness_range)
    return apply_brightness_shift(x, np.random.uniform(low, high), scale)
