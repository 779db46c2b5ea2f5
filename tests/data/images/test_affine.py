"""Pixels moved by maps: the numbers of scipy, a batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from striate.data.images.affine import FILL_MODES, Border, maps, moved
from striate.errors import ArgumentError, UnknownNameError

pytestmark = pytest.mark.torch

_FAR = {"theta": 25.0, "tx": 4.5, "ty": -13.25, "shear": 12.0, "zx": 1.4, "zy": 0.7}


def scipys(images: np.ndarray[Any, Any], parameters: list[dict[str, float]], border: Border) -> Any:
    matrices = maps(parameters, *images.shape[1:3])
    return np.stack(
        [
            np.stack(
                [
                    ndimage.affine_transform(
                        image[..., c],
                        m[:, :2],
                        m[:, 2],
                        order=border.order,
                        mode=border.fill_mode,
                        cval=border.cval,
                    )
                    for c in range(image.shape[2])
                ],
                axis=-1,
            )
            for image, m in zip(images, matrices, strict=True)
        ]
    )


def pictures(dtype: str, *shape: int) -> np.ndarray[Any, Any]:
    return (np.random.RandomState(0).random_sample(shape) * 255).astype(dtype)


@pytest.mark.parametrize("mode", FILL_MODES)
@pytest.mark.parametrize("order", [0, 1, 3])
def test_equals_scipy(mode: str, order: int) -> None:
    images = pictures("float32", 3, 9, 12, 2)
    parameters = [_FAR, {"theta": -170.0, "zx": 3.0}, {"tx": 40.0, "ty": 0.5}]
    border = Border(mode, 7.0, order)
    np.testing.assert_allclose(
        moved(images, parameters, border), scipys(images, parameters, border), rtol=0, atol=2e-5
    )


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float64"])
def test_keeps_the_number_type_and_rounds_whole_numbers(dtype: str) -> None:
    images = pictures(dtype, 1, 8, 7, 1)
    found = moved(images, [_FAR], Border())
    assert found.dtype == dtype
    np.testing.assert_allclose(found, scipys(images, [_FAR], Border()), atol=1e-9)


@pytest.mark.parametrize("mode", FILL_MODES)
def test_a_side_of_one_pixel(mode: str) -> None:
    images, parameters = pictures("float32", 1, 1, 5, 1), [{"theta": 30.0}]
    border = Border(mode, 3.0)
    expected = scipys(images, parameters, border)
    np.testing.assert_allclose(moved(images, parameters, border), expected, atol=2e-5)


def test_images_that_stay_are_not_touched() -> None:
    images = pictures("float32", 2, 5, 5, 3)
    assert moved(images, [{}, {"theta": 0, "zx": 1}], Border()) is images
    found = moved(images, [{}, {"theta": 90}], Border())
    np.testing.assert_array_equal(found[0], images[0])
    np.testing.assert_allclose(found[1], np.rot90(images[1], 1), atol=1e-4)


def test_without_the_exchange_of_axes_the_first_goes_along_the_rows() -> None:
    assert maps([{"tx": 2.0}], 4, 4, swap=False)[0, :, 2].tolist() == [2.0, 0.0]
    assert maps([{"tx": 2.0}], 4, 4)[0, :, 2].tolist() == [0.0, 2.0]


def test_an_unknown_border() -> None:
    with pytest.raises(UnknownNameError) as error:
        Border("mirrored")
    assert str(error.value) == (
        "fill_mode: unknown way to fill. Got 'mirrored'. Known: constant, nearest, reflect, wrap."
    )


def test_an_order_without_a_spline() -> None:
    with pytest.raises(ArgumentError) as error:
        Border(order=6)
    assert str(error.value) == (
        "interpolation_order: there is no spline of this order. Got order=6. "
        "Expected 0, 1, 2, 3, 4 or 5."
    )
