"""What layers that resize, pad or crop promise beyond their values, and their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, errors, layers

pytestmark = pytest.mark.torch


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, *shape)).astype("uint8")


@pytest.mark.parametrize(
    "layer",
    [
        layers.Resizing(8, 4),
        layers.Resizing(8, 4, "nearest", crop_to_aspect_ratio=True),
        layers.UpSampling2D(2),
        layers.ZeroPadding2D(1),
        layers.Cropping2D(1),
        layers.PixelUnshuffle(2),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_bytes_stay_bytes(layer: layers.Layer) -> None:
    x = image(6, 8, 3)
    out = layer(x)
    assert out.dtype == torch.uint8
    assert layer(Input((6, 8, 3), dtype="uint8")).dtype == "uint8"


def test_open_sizes_stay_open_or_are_settled() -> None:
    x = Input((None, None, 4))
    assert layers.UpSampling2D(2)(x).shape == (None, None, None, 4)
    assert layers.Cropping2D(2)(x).shape == (None, None, None, 4)
    assert layers.ReflectionPadding2D(2)(x).shape == (None, None, None, 4)
    assert layers.PixelShuffle(2)(x).shape == (None, None, None, 1)
    assert layers.Resizing(5, 6)(x).shape == (None, 5, 6, 4)
    assert layers.CenterCrop(5, 6)(x).shape == (None, 5, 6, 4)


def test_a_crop_copies_nothing() -> None:
    x = torch.rand(2, 6, 8, 3)
    out = layers.Cropping2D(((1, 2), (0, 3)))(x)
    assert out.data_ptr() == x[:, 1:].data_ptr()
    assert torch.equal(out, x[:, 1:4, :5])


def test_mirrors_do_not_repeat_the_border() -> None:
    x = np.array([[[1.0], [2.0], [3.0]]], "float32")
    found = layers.ReflectionPadding1D(2)(x).flatten().tolist()
    assert found == [3, 2, 1, 2, 3, 2, 1]
    volume = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 2)).astype("float32")
    sides = ((1, 2), (0, 1), (3, 0))
    wanted = np.pad(volume, [(0, 0), *sides, (0, 0)], mode="reflect")
    assert np.array_equal(layers.ReflectionPadding3D(sides)(volume).numpy(), wanted)


def test_shuffling_is_undone() -> None:
    x = image(4, 6, 3)
    for mode in ("DCR", "CRD"):
        folded = layers.PixelUnshuffle(2, mode)(x)
        assert np.array_equal(layers.PixelShuffle(2, mode)(folded).numpy(), x)


def test_the_other_names() -> None:
    assert layers.DepthToSpace is layers.PixelShuffle
    assert layers.SpaceToDepth is layers.PixelUnshuffle


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: layers.UpSampling2D(0),
            "up_sampling2d (UpSampling2D): `size` is not valid. Got size=0. Expected a positive"
            " whole number or 2 of them.",
        ),
        (
            lambda: layers.UpSampling2D(interpolation="cubic"),
            "up_sampling2d (UpSampling2D): `interpolation` is not valid. Got"
            " interpolation='cubic'. Expected one of 'nearest', 'bilinear', 'bicubic', 'lanczos3',"
            " 'lanczos5'.",
        ),
        (
            lambda: layers.Resizing(8, 8, fill_mode="reflect"),
            "resizing (Resizing): `fill_mode` is not valid. Got fill_mode='reflect'. Expected one"
            " of 'constant'.",
        ),
        (
            lambda: layers.Resizing(8, 8, crop_to_aspect_ratio=True, pad_to_aspect_ratio=True),
            "resizing (Resizing): `pad_to_aspect_ratio` is not valid. Got pad_to_aspect_ratio=True."
            " Expected at most one of crop_to_ and pad_to_aspect_ratio.",
        ),
        (
            lambda: layers.PixelShuffle(2, mode="torch"),
            "pixel_shuffle (PixelShuffle): `mode` is not valid. Got mode='torch'. Expected 'DCR'"
            " (TensorFlow's order) or 'CRD' (torch's).",
        ),
        (
            lambda: layers.ZeroPadding2D((1, 2, 3)),
            "zero_padding2d (ZeroPadding2D): `padding` is not valid. Got padding=(1, 2, 3)."
            " Expected a number, 2 numbers, or 2 pairs.",
        ),
        (
            lambda: layers.Cropping1D((1, -1)),
            "cropping1d (Cropping1D): `cropping` is not valid. Got cropping=(1, -1). Expected a"
            " whole number >= 0 or 2 of them.",
        ),
    ],
)
def test_bad_arguments_are_named(make: Callable[[], object], text: str) -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        make()
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("layer", "shape", "text"),
    [
        (
            layers.Cropping2D(((2, 1), (0, 0)), name="cut"),
            (3, 8, 1),
            "cut (Cropping2D): nothing is left after cropping. Got cropping=((2, 1), (0, 0)),"
            " input shape=(None, 3, 8, 1). Expected less than the input along every axis.",
        ),
        (
            layers.ReflectionPadding1D(3, name="mirror"),
            (3, 1),
            "mirror (ReflectionPadding1D): the input is too small to be mirrored so far. Got"
            " padding=((3, 3),), input shape=(None, 3, 1). Expected padding smaller than the input"
            " along every axis. Use a smaller padding, or ZeroPadding.",
        ),
        (
            layers.PixelShuffle(2, name="up"),
            (4, 4, 6),
            "up (PixelShuffle): the channels do not fill blocks. Got upscale_factor=2, input"
            " shape=(None, 4, 4, 6). Expected channels divisible by 4.",
        ),
        (
            layers.PixelUnshuffle(2, name="down"),
            (4, 5, 6),
            "down (PixelUnshuffle): height and width are not filled by blocks. Got"
            " downscale_factor=2, input shape=(None, 4, 5, 6). Expected height and width divisible"
            " by 2. Crop or pad the image first.",
        ),
    ],
    ids=["crop", "mirror", "shuffle", "unshuffle"],
)
def test_inputs_that_do_not_fit_are_named(layer: Any, shape: Any, text: str) -> None:
    with pytest.raises(errors.ShapeError) as caught:
        layer(Input(shape, name="x"))
    chain = f"\nHow it came to this:\n  x (InputLayer) {(None, *shape)}"
    assert str(caught.value) == text + chain
