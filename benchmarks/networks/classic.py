"""VGG-11, SqueezeNet and MobileNetV2, for images of 32 px."""

from __future__ import annotations

from typing import Any

from striate import Input, Model, layers


def vgg11(size: int = 32, classes: int = 10) -> Model:
    """VGG-11 with batch normalisation and one dense layer, as is usual for 32 px.

    Simonyan, Zisserman (2015), https://arxiv.org/abs/1409.1556 (configuration A).
    """
    given = Input((size, size, 3))
    x = given
    for filters, count in ((64, 1), (128, 1), (256, 2), (512, 2), (512, 2)):
        for _ in range(count):
            x = layers.Conv2D(filters, 3, padding="same")(x)
            x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dense(classes, activation="softmax")(layers.Flatten()(x))
    return Model(given, x)


def _fire(x: Any, squeezed: int, expanded: int) -> Any:
    x = layers.Conv2D(squeezed, 1, activation="relu")(x)
    narrow = layers.Conv2D(expanded, 1, activation="relu")(x)
    wide = layers.Conv2D(expanded, 3, padding="same", activation="relu")(x)
    return layers.Concatenate()([narrow, wide])


def squeezenet(size: int = 32, classes: int = 10) -> Model:
    """SqueezeNet 1.1 with a first stride of 1, for small images.

    Iandola et al. (2016), https://arxiv.org/abs/1602.07360.
    """
    given = Input((size, size, 3))
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(given)
    for i, widths in enumerate(((16, 64), (32, 128), (48, 192, 64, 256))):
        x = layers.MaxPooling2D(3, 2)(x)
        for squeezed, expanded in zip(widths[::2], widths[1::2], strict=True):
            x = _fire(x, squeezed, expanded)
            x = _fire(x, squeezed, expanded) if i < 3 else x
    x = layers.Dropout(0.5)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    return Model(given, layers.Activation("softmax")(layers.GlobalAveragePooling2D()(x)))


def _inverted(x: Any, filters: int, strides: int, expansion: int) -> Any:
    shortcut, channels = x, x.shape[-1]
    if expansion > 1:
        x = layers.Conv2D(expansion * channels, 1, use_bias=False)(x)
        x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2D(filters, 1, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Add()([x, shortcut]) if strides == 1 and channels == filters else x


def mobilenet_v2(size: int = 32, classes: int = 10) -> Model:
    """MobileNetV2 with strides for small images: 32 px end at 4 px.

    Sandler et al. (2018), https://arxiv.org/abs/1801.04381.
    """
    given = Input((size, size, 3))
    x = layers.Conv2D(32, 3, padding="same", use_bias=False)(given)
    x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    rows = ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2))
    for expansion, filters, count, first in (*rows, (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
        for i in range(count):
            x = _inverted(x, filters, first if i == 0 else 1, expansion)
    x = layers.Conv2D(1280, 1, use_bias=False)(x)
    x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Dense(classes, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    return Model(given, x)
