"""keras.applications: the networks of the zoo under Keras's names and arguments."""

from __future__ import annotations

import numpy as np
import pytest

from striate.errors import ArgumentError, UnknownNameError
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
