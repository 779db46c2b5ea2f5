"""Residual networks for 32 px (ResNet-8 to 110); ResNet-18 and ResNet-50 of the zoo.

He, Zhang, Ren, Sun (2016), https://arxiv.org/abs/1512.03385. Convolutions have no bias, as in the
authors' code. Where a block changes the shape, its shortcut is a 1x1 convolution with batch
normalisation, also in the networks for 32 px (there the paper pads channels with zeros).
"""

from __future__ import annotations

from typing import Any

from striate import Input, Model, layers, zoo


def _normalized(x: Any, filters: int, size: int, strides: int = 1, relu: bool = True) -> Any:
    if size > 1:
        x = layers.ZeroPadding2D(size // 2)(x)
    x = layers.Conv2D(filters, size, strides=strides, use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
    return layers.ReLU()(x) if relu else x


def _basic(x: Any, filters: int, strides: int) -> Any:
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = _normalized(x, filters, 1, strides, relu=False)
    x = _normalized(x, filters, 3, strides)
    x = _normalized(x, filters, 3, relu=False)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def _stages(x: Any, block: Any, counts: tuple[int, ...], filters: int) -> Any:
    for stage, count in enumerate(counts):
        for i in range(count):
            x = block(x, filters * 2**stage, 2 if stage > 0 and i == 0 else 1)
    return x


def _head(x: Any, classes: int) -> Any:
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, activation="softmax")(x)


def small(depth: int, size: int = 32, classes: int = 10) -> Model:
    """ResNet-20 and its kin of 6n + 2 layers: 16, 32 and 64 channels."""
    given = Input((size, size, 3))
    x = _stages(_normalized(given, 16, 3), _basic, ((depth - 2) // 6,) * 3, 16)
    return Model(given, _head(x, classes))


def resnet20(size: int = 32, classes: int = 10) -> Model:
    return small(20, size, classes)


def resnet18(size: int = 32, classes: int = 10, scaled: bool = False) -> Model:
    """The zoo's with the stem for small images: 3x3, no pooling; `scaled`: images are bytes."""
    given = Input((size, size, 3))
    x = layers.Rescaling(1 / 127.5, -1.0)(given) if scaled else given
    body = zoo.resnet18(input_tensor=x, include_top=False, stem="small")
    return Model(given, _head(body.output, classes))


def resnet50(size: int = 224, classes: int = 1000) -> Model:
    """The zoo's, with strides in the 3x3 convolutions, as is usual since."""
    return zoo.resnet50_v1_5(input_shape=(size, size, 3), classes=classes)
