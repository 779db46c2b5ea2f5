"""What poolings promise beyond their values, and the text of their errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate import Input, Model, errors, layers
from striate.models import model_from_json

pytestmark = pytest.mark.torch


def image(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(2, *shape)).astype("float32")


def segnet() -> Model:
    x = Input((9, 8, 3), name="x")
    values, places = layers.MaxPoolingWithArgmax2D(name="down")(x)
    y = layers.MaxUnpooling2D(name="up")([values, places, x])
    return Model(x, y)


def test_unpooling_puts_maxima_back_and_zeros_elsewhere() -> None:
    x = image(9, 8, 3)
    out = segnet()(x).numpy()
    kept = out != 0
    assert np.array_equal(out[kept], x[kept])
    windows = kept[:, :8].reshape(2, 4, 2, 4, 2, 3).sum(axis=(2, 4))
    assert np.array_equal(windows, np.ones_like(windows))
    assert not kept[:, 8].any()


def test_a_model_with_two_pooled_outputs_goes_through_json() -> None:
    model = segnet()
    again = model_from_json(model.to_json())
    assert torch.equal(model(image(9, 8, 3)), again(image(9, 8, 3)))


def test_unpooling_without_a_map_takes_the_size_of_its_arguments() -> None:
    values, places = Input((4, 5, 3)), Input((4, 5, 3), dtype="int64")
    for arguments, size in (
        ({}, (8, 10)),
        ({"pool_size": 3, "strides": 2}, (9, 11)),
        ({"pool_size": 3, "strides": 2, "padding": "same"}, (8, 10)),
        ({"output_size": (9, 10)}, (9, 10)),
    ):
        assert layers.MaxUnpooling2D(**arguments)([values, places]).shape == (None, *size, 3)


def test_places_outside_the_result_are_an_error() -> None:
    values, places = layers.MaxPoolingWithArgmax2D()(image(9, 9, 1))
    with pytest.raises(errors.ShapeError) as caught:
        layers.MaxUnpooling2D()([values, places])
    assert str(caught.value) == (
        "max_unpooling2d (MaxUnpooling2D): a value's place lies outside the result. Got"
        f" place={int(places.max())}, output size=(8, 8). Expected the size of the map that was"
        " pooled. Name it: MaxUnpooling2D(output_size=...), or pass the map as third input."
    )


def test_a_seed_makes_drawn_values_repeat() -> None:
    x = np.abs(image(8, 8, 2))

    def run() -> list[torch.Tensor]:
        layer = layers.StochasticPooling2D(seed=4)
        return [layer(x, training=True) for _ in range(2)]

    first, second = run(), run()
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(*first)


def test_the_filter_of_a_blur_is_no_weight() -> None:
    layer = layers.BlurPool2D(4)
    layer.build((None, 8, 8, 3))
    assert layer.weights == []
    assert list(layer.state_dict()) == []
    assert layer.taps.tolist() == [1 / 8, 3 / 8, 3 / 8, 1 / 8]


def test_a_blurred_map_changes_less_when_its_input_shifts() -> None:
    pooled = layers.MaxPooling2D(2)
    smooth = [layers.MaxPooling2D(2, strides=1, padding="same"), layers.BlurPool2D()]
    x = image(32, 32, 1)
    shifted = np.roll(x, 1, axis=2)

    def change(*steps: layers.Layer) -> float:
        a, b = x, shifted
        for step in steps:
            a, b = step(a), step(b)
        return float((a - b)[:, 2:-2, 2:-2].abs().mean())

    assert change(*smooth) < 0.7 * change(pooled)


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: layers.MaxPooling1D(0),
            "max_pooling1d (MaxPooling1D): `pool_size` is not valid. Got pool_size=0. Expected a"
            " positive whole number or 1 of them.",
        ),
        (
            lambda: layers.AveragePooling3D(2, padding="full"),
            "average_pooling3d (AveragePooling3D): `padding` is not valid. Got padding='full'."
            " Expected one of 'valid', 'same'.",
        ),
        (
            lambda: layers.LpPooling2D(0.5),
            "lp_pooling2d (LpPooling2D): `p` is not valid. Got p=0.5. Expected a finite number >="
            " 1; the limit is MaxPooling.",
        ),
        (
            lambda: layers.AdaptiveMaxPooling2D((3, 0)),
            "adaptive_max_pooling2d (AdaptiveMaxPooling2D): `output_size` is not valid. Got"
            " output_size=(3, 0). Expected a positive whole number or 2 of them.",
        ),
        (
            lambda: layers.SpatialPyramidPooling2D(()),
            "spatial_pyramid_pooling2d (SpatialPyramidPooling2D): `bins` is not valid. Got bins=()."
            " Expected at least one positive whole number.",
        ),
        (
            lambda: layers.SpatialPyramidPooling2D(mode="sum"),
            "spatial_pyramid_pooling2d (SpatialPyramidPooling2D): `mode` is not valid. Got"
            " mode='sum'. Expected one of 'max', 'average'.",
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
            layers.MaxPooling3D(3, name="deep"),
            (2, 8, 8, 1),
            "deep (MaxPooling3D): the window is larger than its input. Got pool_size=(3, 3, 3),"
            " input shape=(None, 2, 8, 8, 1). Expected pool_size <= (2, 8, 8), the size"
            ' of the input. Use padding="same", a smaller pool_size, or fewer strides and poolings'
            " before it.",
        ),
        (
            layers.BlurPool2D(5, name="blur"),
            (2, 8, 1),
            "blur (BlurPool2D): the input is too small for its mirrored border. Got pool_size=5,"
            " input shape=(None, 2, 8, 1). Expected at least 3 along every axis. Use a smaller"
            " pool_size, or fewer strides and poolings before it.",
        ),
        (
            layers.DepthwiseMaxPooling(4, name="few"),
            (8, 8, 3),
            "few (DepthwiseMaxPooling): the window is larger than the number of channels. Got"
            " pool_size=4, input shape=(None, 8, 8, 3). Expected pool_size <= 3.",
        ),
        (
            layers.GlobalMinPooling1D(name="all"),
            (8, 8, 3),
            "all (GlobalMinPooling1D): wrong input rank. Got input shape=(None, 8, 8, 3). Expected"
            " 3 dimensions (N, L, C).",
        ),
    ],
    ids=["window", "blur", "channels", "rank"],
)
def test_inputs_that_do_not_fit_are_named(layer: Any, shape: Any, text: str) -> None:
    with pytest.raises(errors.ShapeError) as caught:
        layer(Input(shape, name="x"))
    chain = f"\nHow it came to this:\n  x (InputLayer) {(None, *shape)}"
    assert str(caught.value) == text + chain


def test_unpooling_of_anything_else_is_an_error() -> None:
    with pytest.raises(errors.ShapeError) as caught:
        layers.MaxUnpooling2D(name="up")([Input((4, 4, 3), name="a"), Input((4, 5, 3), name="b")])
    assert str(caught.value).splitlines()[0] == (
        "up (MaxUnpooling2D): not the outputs of a pooling. Got input shapes=((None, 4, 4, 3),"
        " (None, 4, 5, 3)). Expected values and places of one shape, then at most one map of the"
        " wanted size. MaxUnpooling2D()([values, places]), both from MaxPoolingWithArgmax2D."
    )
