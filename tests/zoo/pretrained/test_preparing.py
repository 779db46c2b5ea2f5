"""Images come into the form that the weights were trained with, as Keras and Pillow have it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from striate import zoo
from striate.errors import ArgumentError
from striate.models import Model
from striate.zoo.pretrained.preparing import mark, prepared
from striate.zoo.pretrained.records import DEVIATION, MEAN

pytestmark = pytest.mark.torch

IMAGE = np.random.default_rng(0).integers(0, 256, (1, 90, 120, 3)).astype("uint8")


def smooth(height: int, width: int) -> np.ndarray:
    """An image like a photograph: without single bright pixels."""
    rows, columns = np.mgrid[:height, :width] / 40
    waves = [np.sin(rows + i) * np.cos(columns * (i + 1)) for i in range(3)]
    return ((np.stack(waves, -1) + 1) * 127.5).astype("uint8")[None]


def test_colours_are_those_of_the_published_formulas() -> None:
    x = IMAGE.astype("float32")
    formulas = {
        "xception": x / 127.5 - 1,
        "resnet50": x[..., ::-1] - np.array([103.939, 116.779, 123.68], "f4"),
        "densenet121": (x / 255 - np.array(MEAN, "f4")) / np.array(DEVIATION, "f4"),
        "resnet18": (x / 255 - np.array(MEAN, "f4")) / np.array(DEVIATION, "f4"),
        "googlenet_bn": x / 127.5 - 1,
        "efficientnet_b0": x,
        "convnext_tiny": x,
    }
    for name, wanted in formulas.items():
        prepare = zoo.preprocess_input(name)
        np.testing.assert_allclose(prepare(IMAGE), wanted, atol=2e-4)
        assert prepare(IMAGE).dtype == np.float32
        np.testing.assert_allclose(prepare(torch.from_numpy(IMAGE)), wanted, atol=2e-4)
        assert prepare(x.astype("float64")).dtype == np.float64


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "efficientnet_b1"])
def test_the_layers_do_what_pillow_and_the_formulas_do(name: str) -> None:
    network = zoo.architecture(name)
    preparation = network.weights[0].preparation
    size = preparation.size
    from striate import layers

    raw = layers.Input((None, None, 3))
    model = Model(raw, prepared(raw, preparation, (size, size)))
    image = smooth(400, 600)
    how = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}
    resize = preparation.resize
    small = Image.fromarray(image[0]).resize(
        (round(600 * resize / 400), resize), how[preparation.interpolation]
    )
    left, top = round((small.width - size) / 2), round((small.height - size) / 2)
    cut = np.asarray(small.crop((left, top, left + size, top + size)))[None]
    wanted = zoo.preprocess_input(name)(cut)
    got = model.predict(image, verbose=0)
    assert got.shape == (1, size, size, 3)
    # Rounding to whole pixels twice, and the crop before instead of after resizing.
    unit = 255 / (max(wanted.max() - wanted.min(), 1e-6))
    assert np.abs(got - wanted).mean() * unit < 1.0


def test_a_network_with_preprocessing_takes_images_of_any_size() -> None:
    model = zoo.squeezenet1_1(preprocessing=True)
    assert model.input_shape == (None, None, None, 3)
    assert model.metadata["preprocessing"] == {
        "size": None,
        "color_mode": "rgb",
        "range": [0, 255],
    }
    assert model.predict(smooth(300, 250), verbose=0).shape == (1, 1000)
    small = zoo.squeezenet1_1(preprocessing=True, input_shape=(64, 64, 3), include_top=False)
    assert small.get_layer("preprocessing_resize").output_shape == (None, 73, 73, 3)
    assert small.get_layer("preprocessing_crop").output_shape == (None, 64, 64, 3)


def test_the_metadata_say_what_is_left_to_do() -> None:
    network = zoo.architecture("squeezenet1_1")
    preparation = network.weights[0].preparation
    model = network(input_shape=(64, 64, 3))
    mark(model, preparation, inside=False)
    record = model.metadata["preprocessing"]
    assert (record["size"], record["resize"]) == ([64, 64], 73)
    np.testing.assert_allclose(
        zoo.preprocess_input(model)(IMAGE), zoo.preprocess_input("squeezenet1_1")(IMAGE)
    )


def test_errors_say_what_is_not_known() -> None:
    with pytest.raises(ArgumentError) as caught:
        zoo.lenet5(preprocessing=True)
    assert str(caught.value) == (
        "zoo.lenet5: no published weights say how its images are to be prepared. "
        "Got preprocessing=True. Expected preprocessing=False."
    )
    with pytest.raises(ArgumentError) as caught:
        zoo.preprocess_input("lenet5")
    assert str(caught.value) == (
        "preprocess_input: it is not known which colours zoo.lenet5 expects. "
        "Got weights='imagenet'. Expected a network with published weights of this name, or a "
        "model made of one without preprocessing=True."
    )
    with pytest.raises(ArgumentError) as caught:
        zoo.preprocess_input("vgg16")(np.zeros((2, 8, 8)))
    assert str(caught.value) == (
        "preprocess_input: these are no RGB images. Got x=(2, 8, 8). "
        "Expected (..., height, width, 3)."
    )
