"""keras.applications: the networks of the zoo under Keras's names and arguments."""

from __future__ import annotations

import numpy as np
import pytest

from striate.errors import ArgumentError, ShapeError, UnknownNameError
from striate.keras import applications
from striate.keras.applications import imagenet_utils, mobilenet_v2, resnet50

pytestmark = pytest.mark.torch


def test_a_network_is_built_by_keras_arguments() -> None:
    model = applications.MobileNetV2(
        include_top=False, weights=None, input_shape=[64, 64, 3], pooling="avg", alpha=1.0
    )
    assert (model.input_shape, model.output_shape) == ((None, 64, 64, 3), (None, 1280))
    assert applications.MobileNetV2 is mobilenet_v2.MobileNetV2
    assert applications.MobileNetV2.__name__ == "MobileNetV2"


def test_a_form_that_the_zoo_does_not_have_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        applications.MobileNet(weights=None, alpha=0.5)
    assert str(caught.value) == (
        "MobileNet: this form of the network is not in the zoo. Got alpha=0.5. Expected alpha=1.0."
    )
    with pytest.raises(ArgumentError) as caught:
        applications.VGG16(weights=None, depth=3)
    assert str(caught.value) == (
        "VGG16: this form of the network is not in the zoo. Got depth=3. Expected no such argument."
    )


def test_images_are_prepared_by_family_and_by_mode() -> None:
    x = np.random.default_rng(0).uniform(0, 255, (1, 4, 4, 3)).astype("float32")
    np.testing.assert_array_equal(imagenet_utils.preprocess_input(x), resnet50.preprocess_input(x))
    tf = imagenet_utils.preprocess_input(x, mode="tf")
    np.testing.assert_array_equal(tf, mobilenet_v2.preprocess_input(x))
    with pytest.raises(UnknownNameError) as caught:
        imagenet_utils.preprocess_input(x, mode="pytorch")
    assert str(caught.value) == (
        "preprocess_input: unknown mode. Got 'pytorch'. Did you mean 'torch'?"
    )


@pytest.mark.keras
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("form", ["channels_last", "channels_first"])
@pytest.mark.parametrize("given", [None, "usual", "small", "open", "flat"])
@pytest.mark.parametrize("weights", [None, "imagenet"])
def test_the_input_shape_of_a_network_that_a_script_writes_is_keras_s(
    given: str | None, form: str, flat: bool, weights: str | None
) -> None:
    from keras.src.applications.imagenet_utils import obtain_input_shape

    sides = {"usual": (224, 224), "small": (16, 64), "open": (None, 64)}.get(given or "")
    shape = None if given is None else (64, 64)
    if sides is not None:
        shape = (3, *sides) if form == "channels_first" else (*sides, 3)
    arguments = (shape, 224, 32, form, flat, weights)
    try:
        wanted = obtain_input_shape(*arguments)
    except ValueError:
        with pytest.raises(ShapeError):
            imagenet_utils._obtain_input_shape(*arguments)
    else:
        assert imagenet_utils._obtain_input_shape(*arguments) == wanted


def test_an_input_shape_that_a_network_cannot_take() -> None:
    with pytest.raises(ShapeError) as caught:
        imagenet_utils._obtain_input_shape((16, 64, 3), 224, 32, "channels_last", False)
    assert str(caught.value) == (
        "_obtain_input_shape: the network cannot take this input shape. "
        "Got input_shape=(16, 64, 3). Expected three sizes, 32 px or more each side."
    )
    with pytest.raises(ShapeError) as caught:
        imagenet_utils._obtain_input_shape((64, 64, 3), 224, 32, None, True, "imagenet")
    assert str(caught.value) == (
        "_obtain_input_shape: the network cannot take this input shape. "
        "Got input_shape=(64, 64, 3). Expected (224, 224, 3)."
    )
