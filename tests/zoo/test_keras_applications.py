"""Networks that Keras has too: the same weights give the same outputs, layer names included."""

from __future__ import annotations

import re
from collections.abc import Iterator

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

PAIRS = {
    "mobilenet_v2": "MobileNetV2",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "resnet50": "ResNet50",
    "resnet101": "ResNet101",
    "resnet152": "ResNet152",
    "resnet50v2": "ResNet50V2",
    "resnet101v2": "ResNet101V2",
    "resnet152v2": "ResNet152V2",
    "inception_v3": "InceptionV3",
    "inception_resnet_v2": "InceptionResNetV2",
    "xception": "Xception",
    "nasnet_large": "NASNetLarge",
    "densenet121": "DenseNet121",
    "densenet169": "DenseNet169",
    "densenet201": "DenseNet201",
    "mobilenet": "MobileNet",
    "mobilenet_v3_large": "MobileNetV3Large",
    "mobilenet_v3_small": "MobileNetV3Small",
    **{f"efficientnet_b{n}": f"EfficientNetB{n}" for n in range(8)},
    "efficientnet_v2_s": "EfficientNetV2S",
    "convnext_tiny": "ConvNeXtTiny",
    "convnext_small": "ConvNeXtSmall",
    "convnext_base": "ConvNeXtBase",
}


def randomise(layer, seed: int) -> None:
    """Values with which no layer's output fades away."""
    random = np.random.default_rng(seed)
    made = []
    for w in layer.get_weights():
        if w.ndim > 1:
            fan = int(np.prod(w.shape[:2] if w.shape[-1] == 1 else w.shape[:-1]))
            made.append(random.normal(0, (1.0 / fan) ** 0.5, w.shape))
        else:
            made.append(np.abs(w) + random.uniform(0.05, 0.15, w.shape))
    layer.set_weights(made)


def give(theirs, ours: st.Model) -> None:
    """Random weights for Keras's model, and the same ones for ours.

    By name, as the names are the same; layers that Keras numbers go in the order of the numbers.
    """
    mine = {layer.name: layer for layer in ours.layers if layer.count_params()}
    nameless = []
    for seed, layer in enumerate(flat(theirs)):
        randomise(layer, seed)
        own = mine.pop(known_name(layer.name, theirs.name), None)
        if own is None:
            nameless.append(layer)
        else:
            copy(layer, own)
    nameless.sort(key=lambda layer: int((re.findall(r"_(\d+)$", layer.name) or [0])[0]))
    blocks = list(dict.fromkeys(map(block, mine)))  # as they follow each other
    left = sorted(mine, key=lambda name: (blocks.index(block(name)), name))
    for layer in nameless:
        kind = type(layer).__name__
        own = next(name for name in left if type(mine[name]).__name__ == kind)
        left.remove(own)
        copy(layer, mine[own])
    assert not left


def block(name: str) -> str:
    """What a layer of an Inception network belongs to."""
    return re.split(r"_branch|_pool|_conv$|_bn$", name)[0]


def flat(model) -> list:
    """Layers with weights, those of nested models too."""
    inner = [flat(n) if getattr(n, "layers", None) else [n] for n in model.layers]
    return [layer for part in inner for layer in part if layer.weights]


def known_name(name: str, model: str) -> str:
    """Our name of a layer; ConvNeXt's carry the name of the model, and count from 0."""
    name = "conv_7b_conv" if name == "conv_7b" else name.removeprefix(f"{model}_")
    found = re.fullmatch(r"downsampling_block_(\d)_(\w+)", name)
    return f"downsampling_{int(found[1]) + 1}_{found[2]}" if found else name


def copy(layer, own: st.layers.Layer) -> None:
    """The same numbers; Keras's ConvNeXt has its factors and depthwise kernels in other axes."""
    values = zip(layer.get_weights(), own.get_weights(), strict=True)
    own.set_weights([w.reshape(mine.shape) for w, mine in values])


@pytest.fixture
def in_float64() -> Iterator[None]:
    """In float32 a hundred layers would turn roundings into differences."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("name", PAIRS)
def test_the_same_weights_give_the_same_scores(name: str) -> None:
    size = max(zoo.architecture(name).smallest, 64)
    shape = (size, size, 3)
    settings = {"input_shape": shape, "classes": 11, "classifier_activation": None}
    theirs = getattr(keras.applications, PAIRS[name])(weights=None, **settings)
    ours = zoo.architecture(name)(**settings).double()
    assert ours.count_params() == theirs.count_params()
    x = np.random.default_rng(0).uniform(0, 255, (2, *shape))
    give(theirs, ours)
    with torch.no_grad():
        wanted = theirs(x, training=False).numpy()
        got = ours(torch.from_numpy(x)).numpy()
    assert np.linalg.norm(got - wanted) <= 1e-5 * np.linalg.norm(wanted)
