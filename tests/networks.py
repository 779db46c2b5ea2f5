"""Well-known networks, as published, for tests of what is known about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from striate import Input, Model, Sequential, layers


def normalised(x: Any, filters: int, size: int, strides: int = 1, activation: bool = True) -> Any:
    """Convolution padded alike on both sides, batch normalisation, ReLU."""
    if size > 1:
        x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(filters, size, strides, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.ReLU()(x) if activation else x


def alexnet(*, grouped: bool = True, widths: Sequence[int] = (96, 256, 384, 384, 256)) -> Model:
    """Krizhevsky et al. (2012), with its two groups; on 227 px, as its numbers ask for."""
    g = 2 if grouped else 1
    a, b, c, d, e = widths
    x = given = Input((227, 227, 3))
    x = layers.Conv2D(a, 11, 4, activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D(3, 2, name="pool1")(layers.LocalResponseNormalization()(x))
    x = layers.ZeroPadding2D(2)(x)
    x = layers.Conv2D(b, 5, activation="relu", groups=g, name="conv2")(x)
    x = layers.MaxPooling2D(3, 2, name="pool2")(layers.LocalResponseNormalization()(x))
    for i, (filters, groups) in enumerate(((c, 1), (d, g), (e, g)), 3):
        x = layers.ZeroPadding2D(1)(x)
        x = layers.Conv2D(filters, 3, activation="relu", groups=groups, name=f"conv{i}")(x)
    x = layers.Flatten()(layers.MaxPooling2D(3, 2, name="pool5")(x))
    for _ in range(2):
        x = layers.Dropout(0.5)(layers.Dense(4096, activation="relu")(x))
    return Model(given, layers.Dense(1000, activation="softmax")(x), name="alexnet")


def vgg16(size: int = 224, classes: int = 1000, units: int = 4096) -> Sequential:
    """Simonyan, Zisserman (2014), configuration D; `units` of its first dense layers."""
    model = Sequential([layers.Input((size, size, 3))], name="vgg16")
    for block, (filters, count) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), 1):
        for i in range(count):
            name = f"conv{block}_{i + 1}"
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu", name=name))
        model.add(layers.MaxPooling2D(name=f"pool{block}"))
    model.add(layers.Flatten())
    for _ in range(2):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def resnet(depth: int = 50, size: int = 224, *, first: bool = False) -> Model:
    """He et al. (2015): 18 with plain blocks, 50, 101 and 152 with bottlenecks.

    `first`: the stride of a block stands in its first 1x1 convolution, as in the paper; otherwise
    in its 3x3 convolution, as in torchvision.
    """
    counts = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}[depth]
    x = given = Input((size, size, 3))
    x = normalised(x, 64, 7, 2)
    x = layers.MaxPooling2D(3, 2, name="pool1")(layers.ZeroPadding2D(1)(x))
    for stage, count in enumerate(counts):
        for block in range(count):
            strides = 2 if stage and not block else 1
            x = residual(x, 64 * 2**stage, strides, first, plain=depth < 50)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(given, layers.Dense(1000, activation="softmax")(x), name=f"resnet{depth}")


def residual(x: Any, filters: int, strides: int, first: bool, *, plain: bool) -> Any:
    """One block of a `resnet`."""
    shortcut, width = x, filters if plain else 4 * filters
    if x.shape[-1] != width or strides > 1:
        shortcut = normalised(x, width, 1, strides, activation=False)
    if plain:
        y = normalised(x, filters, 3, strides)
        y = normalised(y, filters, 3, activation=False)
    else:
        y = normalised(x, filters, 1, strides if first else 1)
        y = normalised(y, filters, 3, 1 if first else strides)
        y = normalised(y, width, 1, activation=False)
    return layers.ReLU()(layers.Add()([y, shortcut]))


def inception(x: Any, widths: Sequence[int]) -> Any:
    """One module of GoogLeNet."""
    one, before3, three, before5, five, pooled = widths

    def conv(y: Any, filters: int, size: int) -> Any:
        return layers.Conv2D(filters, size, padding="same", activation="relu")(y)

    ends = [
        conv(x, one, 1),
        conv(conv(x, before3, 1), three, 3),
        conv(conv(x, before5, 1), five, 5),
    ]
    ends.append(conv(layers.MaxPooling2D(3, 1, padding="same")(x), pooled, 1))
    return layers.Concatenate()(ends)


def googlenet(size: int = 224) -> Model:
    """Szegedy et al. (2014), without the two helping classifiers."""
    x = given = Input((size, size, 3))
    x = layers.Conv2D(64, 7, 2, padding="same", activation="relu")(x)
    x = layers.LocalResponseNormalization()(layers.MaxPooling2D(3, 2, padding="same")(x))
    x = layers.Conv2D(64, 1, activation="relu")(x)
    x = layers.Conv2D(192, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(3, 2, padding="same")(layers.LocalResponseNormalization()(x))
    for widths in ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)):
        x = inception(x, widths)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    fourth = (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    )
    for widths in fourth:
        x = inception(x, widths)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for widths in ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)):
        x = inception(x, widths)
    x = layers.Dropout(0.4)(layers.GlobalAveragePooling2D()(x))
    return Model(given, layers.Dense(1000, activation="softmax")(x), name="googlenet")


def mobilenet_v2(size: int = 224) -> Model:
    """Sandler et al. (2018), width 1."""
    x = given = Input((size, size, 3))
    x = bottom(layers.Conv2D(32, 3, 2, padding="same", use_bias=False)(x))
    rows = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1))
    for expansion, filters, count, first in (*rows, (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(count):
            strides, shortcut = first if i == 0 else 1, x
            if expansion > 1:
                y = layers.Conv2D(expansion * x.shape[-1], 1, use_bias=False)(x)
                x = bottom(y)
            y = layers.DepthwiseConv2D(3, strides, padding="same", use_bias=False)(x)
            y = layers.Conv2D(filters, 1, use_bias=False)(bottom(y))
            x = layers.BatchNormalization()(y)
            x = layers.Add()([shortcut, x]) if i else x
    x = bottom(layers.Conv2D(1280, 1, use_bias=False)(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return Model(given, layers.Dense(1000, activation="softmax")(x), name="mobilenet_v2")


def bottom(x: Any) -> Any:
    """Batch normalisation and ReLU6."""
    return layers.ReLU(6.0)(layers.BatchNormalization()(x))


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
