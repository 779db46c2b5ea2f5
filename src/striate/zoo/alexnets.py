"""AlexNet: the network that won ImageNet in 2012, and its successor ZFNet."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.pooling import hanging_pool

PAPER = (
    "Krizhevsky, Sutskever and Hinton (2012), ImageNet Classification with Deep Convolutional "
    "Neural Networks, https://papers.nips.cc/paper/4824"
)
ONE_TOWER = (
    "Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks, "
    "https://arxiv.org/abs/1404.5997"
)
ZFNET = (
    "Zeiler and Fergus (2013), Visualizing and Understanding Convolutional Networks, "
    "https://arxiv.org/abs/1311.2901"
)


def _normalized(x: Map, name: str) -> Map:
    # The paper's section 3.3: k = 2, n = 5, alpha = 1e-4, beta = 0.75.
    return layers.LocalResponseNormalization(2, 2.0, 1e-4, 0.75, name=name)(x)


def _conv(x: Map, filters: int, size: int, name: str, **arguments: Any) -> Map:
    return layers.Conv2D(filters, size, activation="relu", name=name, **arguments)(x)


def _pool(x: Map, name: str) -> Map:
    return layers.MaxPooling2D(3, strides=2, name=name)(x)


# In place of the first convolution for small images; the rest of the network is the same.
SMALL: dict[str, Any] = {"size": 5, "strides": 1, "padding": "same"}


def two_towers(image: Map, stem: str = "imagenet") -> Map:
    """The paper's figure 2: 227 px to (6, 6, 256).

    Convolutions 2, 4 and 5 see only the channels of their own GPU: they have two groups.
    `stem`: with "small" the first convolution is 5x5 of stride 1: 32 px to (3, 3, 256).
    """
    first = SMALL if stem == "small" else {"size": 11, "strides": 4}
    x = _pool(_normalized(_conv(image, 96, name="conv1", **first), "norm1"), "pool1")
    x = _conv(x, 256, 5, "conv2", padding="same", groups=2)
    x = _pool(_normalized(x, "norm2"), "pool2")
    x = _conv(x, 384, 3, "conv3", padding="same")
    x = _conv(x, 384, 3, "conv4", padding="same", groups=2)
    return _pool(_conv(x, 256, 3, "conv5", padding="same", groups=2), "pool5")


def one_tower(image: Map, stem: str = "imagenet") -> Map:
    """The form of 2014: fewer filters, no groups, no normalization: 224 px to (6, 6, 256).

    `stem`: with "small" the first convolution is 5x5 of stride 1: 32 px to (3, 3, 256).
    """
    if stem == "small":
        x = _conv(image, 64, name="conv1", **SMALL)
    else:
        x = layers.ZeroPadding2D(2, name="conv1_pad")(image)
        x = _conv(x, 64, 11, "conv1", strides=4)
    x = _pool(x, "pool1")
    x = _pool(_conv(x, 192, 5, "conv2", padding="same"), "pool2")
    x = _conv(x, 384, 3, "conv3", padding="same")
    x = _conv(x, 256, 3, "conv4", padding="same")
    return _pool(_conv(x, 256, 3, "conv5", padding="same"), "pool5")


def zf(image: Map, stem: str = "imagenet") -> Map:
    """The paper's figure 3: smaller windows and strides than AlexNet: 224 px to (6, 6, 256).

    `stem`: with "small" the first two convolutions keep the size: 32 px to (3, 3, 256).
    """
    if stem == "small":
        x = _conv(image, 96, name="conv1", **SMALL)
        second: dict[str, Any] = {"padding": "same"}
    else:
        x = layers.ZeroPadding2D(1, name="conv1_pad")(image)
        x = _conv(x, 96, 7, "conv1", strides=2)
        second = {"strides": 2}
    x = hanging_pool(x, "pool1")
    x = _conv(_normalized(x, "norm1"), 256, 5, "conv2", **second)
    x = hanging_pool(x, "pool2")
    x = _conv(_normalized(x, "norm2"), 384, 3, "conv3", padding="same")
    x = _conv(x, 384, 3, "conv4", padding="same")
    return _pool(_conv(x, 256, 3, "conv5", padding="same"), "pool5")


def head(x: Map, classes: int, activation: Any) -> Map:
    """4096, 4096, classes, with dropout after the first two."""
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = layers.Dense(4096, activation="relu", name=f"fc{number}")(x)
        x = layers.Dropout(0.5, name=f"drop{number}")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


alexnet = Architecture(
    name="alexnet",
    body=two_towers,
    head=head,
    paper=PAPER,
    about="two towers (groups), local response normalization, overlapping pooling; 227 px, "
    "because 224, which the paper says, does not fit its own feature maps",
    parameters=60_965_224,
    source="the paper says 60 million; counted from its figure 2",
    gmacs=0.72,
    top1=0.593,
    input_shape=(227, 227, 3),
    smallest=67,
    smallest_with={"small": 15},
)
alexnet_one_tower = Architecture(
    name="alexnet_one_tower",
    body=one_tower,
    head=head,
    paper=ONE_TOWER,
    about="one tower without groups and normalization",
    parameters=61_100_840,
    source="torchvision",
    gmacs=0.71,
    top1=0.5652,
    smallest=63,
    smallest_with={"small": 15},
)
zfnet = Architecture(
    name="zfnet",
    body=zf,
    head=head,
    paper=ZFNET,
    about="AlexNet with a first layer of 7x7, stride 2, and no groups; pools may hang over the end",
    parameters=62_357_608,
    source="counted from the paper's figure 3",
    gmacs=1.17,
    top1=0.616,
    smallest=63,
    smallest_with={"small": 12},
)
