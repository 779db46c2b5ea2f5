"""VGG: nothing but 3x3 convolutions, in five blocks, and three large Dense layers."""

from __future__ import annotations

from functools import partial
from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "Simonyan and Zisserman (2014), Very Deep Convolutional Networks for Large-Scale Image "
    "Recognition, https://arxiv.org/abs/1409.1556"
)
# Convolutions in each of the five blocks: columns A, B, D, E of the paper's table 1.
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
FILTERS = (64, 128, 256, 512, 512)


def body(
    image: Map, depths: tuple[int, ...], normalized: bool = False, stem: str = "imagenet"
) -> Map:
    """Five blocks of convolutions, each halved by max pooling: 224 px to (7, 7, 512).

    `stem`: with "small" a pooling counts what hangs over the end, so that 28 px last for five, and
    the head has 512 units: Liu and Deng (2015), https://doi.org/10.1109/ACPR.2015.7486599.
    """
    x = image
    for block, (depth, filters) in enumerate(zip(depths, FILTERS, strict=True), 1):
        for i in range(1, depth + 1):
            name = f"block{block}_conv{i}"
            if normalized:
                x = layers.Conv2D(filters, 3, padding="same", name=name)(x)
                x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
                x = layers.ReLU(name=f"{name}_relu")(x)
            else:
                x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        padding = "same" if stem == "small" else "valid"
        x = layers.MaxPooling2D(2, strides=2, padding=padding, name=f"block{block}_pool")(x)
    return x


def head(x: Map, classes: int, activation: Any, dropout: float = 0.0) -> Map:
    """4096, 4096, classes; with dropout where the network is trained from scratch."""
    x = layers.Flatten(name="flatten")(x)
    for i in (1, 2):
        x = layers.Dense(4096, activation="relu", name=f"fc{i}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout{i}")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def small_head(x: Map, classes: int, activation: Any) -> Map:
    """512, classes: a map of one position has no use for 4096."""
    x = layers.Dropout(0.5, name="dropout1")(layers.Flatten(name="flatten")(x))
    x = layers.Dense(512, activation="relu", name="fc1")(x)
    x = layers.Dropout(0.5, name="dropout2")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def _vgg(
    depth: int, parameters: int, gmacs: float, top1: float, *, normalized: bool = False
) -> Architecture:
    bn = ", with batch normalization after each convolution (not in the paper)"
    return Architecture(
        name=f"vgg{depth}" + ("_bn" if normalized else ""),
        body=body,
        head=partial(head, dropout=0.5) if normalized else head,
        paper=PAPER,
        about=f"{depth} layers of weights{bn if normalized else ''}",
        parameters=parameters,
        source="Keras applications" if depth in (16, 19) and not normalized else "torchvision",
        counted="trainable" if normalized else "all",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        small_head=small_head,
        options={"depths": DEPTHS[depth], "normalized": normalized},
    )


vgg11 = _vgg(11, 132_863_336, 7.61, 0.6902)
vgg13 = _vgg(13, 133_047_848, 11.31, 0.6993)
vgg16 = _vgg(16, 138_357_544, 15.47, 0.713)
vgg19 = _vgg(19, 143_667_240, 19.63, 0.713)
vgg11_bn = _vgg(11, 132_868_840, 7.61, 0.7037, normalized=True)
vgg13_bn = _vgg(13, 133_053_736, 11.31, 0.7159, normalized=True)
vgg16_bn = _vgg(16, 138_365_992, 15.47, 0.7336, normalized=True)
vgg19_bn = _vgg(19, 143_678_248, 19.63, 0.7422, normalized=True)
