"""The random changes as functions: those of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.images import functions as ours
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import image as oracle  # isort: skip

pytestmark = [
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning"),
]

assert _keras.backend.backend() == "torch"

FIRST = (np.random.RandomState(0).random_sample((3, 9, 12)) * 255).astype("float32")
LAST = np.ascontiguousarray(FIRST.transpose(1, 2, 0))
AXES = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
TURNED = {"row_axis": 2, "col_axis": 1, "channel_axis": 0}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("random_rotation", (30,)),
        ("random_shift", (0.3, 0.2)),
        ("random_shear", (20,)),
        ("random_zoom", ((0.5, 1.5),)),
        ("random_zoom", ([1, 1],)),
    ],
)
@pytest.mark.parametrize("axes", [{}, AXES, TURNED])
def test_moves_are_those_of_keras(name: str, arguments: Any, axes: dict[str, int]) -> None:
    x = LAST if axes is AXES else FIRST
    found = []
    for module in (ours, oracle):
        np.random.seed(3)
        call = getattr(module, name)
        found.append(call(x, *arguments, **axes, fill_mode="reflect", interpolation_order=0))
    np.testing.assert_allclose(found[0], found[1], atol=2e-4)


def test_axes_may_be_given_by_place() -> None:
    np.random.seed(1)
    expected = oracle.random_rotation(LAST, 30, 0, 1, 2)
    np.random.seed(1)
    np.testing.assert_allclose(ours.random_rotation(LAST, 30, 0, 1, 2), expected, atol=2e-4)


@pytest.mark.parametrize("scale", [False, True])
def test_colours_are_those_of_keras(scale: bool) -> None:
    for seed in range(3):
        np.random.seed(seed)
        expected = oracle.random_brightness(LAST, (0.5, 1.5), scale)
        np.random.seed(seed)
        found = ours.random_brightness(LAST, (0.5, 1.5), scale)
        np.testing.assert_allclose(found, expected, atol=1e-4)
        np.random.seed(seed)
        expected = oracle.random_channel_shift(LAST, 60.0, channel_axis=2)
        np.random.seed(seed)
        found = ours.random_channel_shift(LAST, 60.0, channel_axis=2)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_errors() -> None:
    with pytest.raises(DataError) as error:
        ours.apply_affine_transform(FIRST[0])
    assert str(error.value) == (
        "apply_affine_transform: this is not one image. Got shape=(9, 12). "
        "Expected three axes: rows, columns and channels."
    )
    with pytest.raises(ArgumentError) as axes:
        ours.apply_affine_transform(FIRST, channel_axis=1)
    assert str(axes.value) == (
        "apply_affine_transform: these are not the axes of an image. "
        "Got row_axis=1, col_axis=2, channel_axis=1. "
        "Expected 0, 1 and 2, the channels first or last."
    )
