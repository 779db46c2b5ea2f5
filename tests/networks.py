"""Networks for tests of what is known about them: of the zoo, at small sizes, and two cut down."""

from __future__ import annotations

from typing import Any

from striate import Input, Model, Sequential, layers, zoo


def vgg16(size: int = 224, classes: int = 1000, units: int = 4096) -> Sequential:
    """The convolutions of VGG-16; `units` of its first dense layers."""
    body = zoo.vgg16(include_top=False, input_shape=(size, size, 3))
    model = Sequential([*body.layers, layers.Flatten()], name="vgg16")
    for _ in range(2):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def resnet(depth: int = 50, size: int = 224, *, first: bool = False) -> Model:
    """18, 50 or 152 layers without biases; `first`: the stride of a block is in its first 1x1."""
    name = f"resnet{depth}" if depth < 50 else f"resnet{depth}_v1_5"
    return zoo.architecture(name)(input_shape=(size, size, 3), first=first)


def googlenet(size: int = 224) -> Model:
    """The paper's form."""
    return zoo.googlenet(input_shape=(size, size, 3))


def mobilenet_v2(size: int = 224) -> Model:
    """Width 1."""
    return zoo.mobilenet_v2(input_shape=(size, size, 3))


def unet(size: int = 64, width: int = 16, classes: int = 2) -> Model:
    """Ronneberger et al. (2015), with padding, half as deep."""
    x = given = Input((size, size, 3))
    skips = []
    for i in range(3):
        x = twice(x, width * 2**i)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = twice(x, width * 8)
    for i in (2, 1, 0):
        x = layers.Conv2DTranspose(width * 2**i, 2, 2)(x)
        x = twice(layers.Concatenate()([skips[i], x]), width * 2**i)
    return Model(given, layers.Conv2D(classes, 1, activation="softmax")(x), name="unet")


def twice(x: Any, filters: int) -> Any:
    """Two convolutions."""
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return x
