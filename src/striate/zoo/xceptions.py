"""Xception: depthwise separable convolutions, with shortcuts."""

from __future__ import annotations

from striate import layers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "Chollet (2016), Xception: Deep Learning with Depthwise Separable Convolutions, "
    "https://arxiv.org/abs/1610.02357"
)


def separable(x: Map, filters: int, name: str) -> Map:
    """3x3 within each channel, 1x1 across them, batch normalization."""
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def shortcut(x: Map, filters: int, name: str) -> Map:
    """Every second position, through a 1x1 convolution."""
    x = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False, name=name)(x)
    return layers.BatchNormalization(name=f"{name}_bn")(x)


def halving(x: Map, filters: tuple[int, int], name: str, relu_first: bool = True) -> Map:
    """Two separable convolutions and a pooling of stride 2, added to the shortcut."""
    given = shortcut(x, filters[1], f"{name}_shortcut")
    for i, count in enumerate(filters, 1):
        if relu_first or i > 1:
            x = layers.Activation("relu", name=f"{name}_sepconv{i}_act")(x)
        x = separable(x, count, f"{name}_sepconv{i}")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return layers.Add(name=f"{name}_add")([x, given])


def body(image: Map, stem: str = "imagenet") -> Map:
    """Entry, middle and exit flow of the paper's figure 5: 299 px to (10, 10, 2048).

    `stem`: with "small" the first two convolutions keep the size: 32 px to (2, 2, 2048).
    """
    x, small = image, stem == "small"
    for i, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{i}"
        x = layers.Conv2D(
            filters,
            3,
            strides=1 if small else strides,
            padding="same" if small else "valid",
            use_bias=False,
            name=name,
        )(x)
        x = layers.BatchNormalization(name=f"{name}_bn")(x)
        x = layers.Activation("relu", name=f"{name}_act")(x)
    for block, filters in enumerate((128, 256, 728), 2):
        x = halving(x, (filters, filters), f"block{block}", relu_first=block > 2)
    for block in range(5, 13):
        given = x
        for i in (1, 2, 3):
            x = layers.Activation("relu", name=f"block{block}_sepconv{i}_act")(x)
            x = separable(x, 728, f"block{block}_sepconv{i}")
        x = layers.Add(name=f"block{block}_add")([x, given])
    x = halving(x, (728, 1024), "block13")
    for i, filters in enumerate((1536, 2048), 1):
        x = separable(x, filters, f"block14_sepconv{i}")
        x = layers.Activation("relu", name=f"block14_sepconv{i}_act")(x)
    return x


xception = Architecture(
    name="xception",
    body=body,
    paper=PAPER,
    about="separable convolutions throughout, in 14 blocks with shortcuts",
    parameters=22_910_480,
    source="Keras applications",
    gmacs=8.36,
    top1=0.790,
    input_shape=(299, 299, 3),
    smallest=71,
    smallest_with={"small": 16},
)
