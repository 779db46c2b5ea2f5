"""Networks that Keras has too: the same weights give the same outputs, layer names included."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import zoo
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

# Ours: Keras's class; whether layers have the same names.
PAIRS = {
    "mobilenet_v2": ("MobileNetV2", True),
    "vgg16": ("VGG16", True),
    "vgg19": ("VGG19", True),
    "resnet50": ("ResNet50", True),
    "resnet101": ("ResNet101", True),
    "resnet152": ("ResNet152", True),
    "resnet50v2": ("ResNet50V2", True),
    "resnet101v2": ("ResNet101V2", True),
    "resnet152v2": ("ResNet152V2", True),
    "inception_v3": ("InceptionV3", False),
    "inception_resnet_v2": ("InceptionResNetV2", False),
    "xception": ("Xception", False),
    "densenet121": ("DenseNet121", True),
    "densenet169": ("DenseNet169", True),
    "densenet201": ("DenseNet201", True),
    "mobilenet": ("MobileNet", True),
    "mobilenet_v3_large": ("MobileNetV3Large", True),
    "mobilenet_v3_small": ("MobileNetV3Small", True),
    "efficientnet_b0": ("EfficientNetB0", True),
    "efficientnet_b3": ("EfficientNetB3", True),
    "efficientnet_b7": ("EfficientNetB7", True),
    "efficientnet_v2_s": ("EfficientNetV2S", True),
    "convnext_tiny": ("ConvNeXtTiny", False),
    "convnext_base": ("ConvNeXtBase", False),
}


def randomise(weights: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """Values with which no layer's output fades away or explodes."""
    random = np.random.default_rng(seed)
    made = []
    for w in weights:
        fan = max(1, int(np.prod(w.shape[:-1])))
        if w.ndim > 1:
            made.append(random.normal(0, (1.0 / fan) ** 0.5, w.shape))
        else:
            made.append(np.abs(w) + random.uniform(0.05, 0.15, w.shape))
    return [np.asarray(m, "float32") for m in made]


def give(theirs, ours: st.Model, by_name: bool) -> None:
    """Random weights for Keras's model, and the same ones for ours."""
    with_weights = [layer for layer in theirs.layers if layer.weights]
    mine = [layer for layer in ours.layers if layer.count_params()]
    for number, layer in enumerate(with_weights):
        layer.set_weights(randomise(layer.get_weights(), number))
    if by_name:
        assert {layer.name for layer in mine} == {layer.name for layer in with_weights}
        for layer in with_weights:
            ours.get_layer(layer.name).set_weights(layer.get_weights())
        return
    rest = list(mine)
    for layer in with_weights:
        shapes = [w.shape for w in layer.get_weights()]
        same = next(m for m in rest if [w.shape for w in m.get_weights()] == shapes)
        rest.remove(same)
        same.set_weights(layer.get_weights())
    assert not rest


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_weights_give_the_same_scores(name: str) -> None:
    of_keras, by_name = PAIRS[name]
    size = max(zoo.architecture(name).smallest, 64)
    shape = (size, size, 3)
    theirs = getattr(keras.applications, of_keras)(
        weights=None, input_shape=shape, classes=11, include_top=True
    )
    ours = zoo.architecture(name)(input_shape=shape, classes=11)
    assert ours.count_params() == theirs.count_params()
    x = np.random.default_rng(0).uniform(0, 255, (2, *shape)).astype("float32")
    give(theirs, ours, by_name)
    with torch.no_grad():
        wanted = theirs(x, training=False).numpy()
        got = ours(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-5)
    assert wanted.std() > 1e-3
