"""GoogLeNet, or Inception v1: four windows side by side in each module, and two extra heads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.pooling import hanging_pool

PAPER = "Szegedy et al. (2014), Going Deeper with Convolutions, https://arxiv.org/abs/1409.4842"
# Table 1 of the paper: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
POOLED_BEFORE = ("4a", "5a")
AUXILIARY_AFTER = ("4a", "4d")


def plain(x: Map, filters: int, size: int, name: str, strides: int = 1) -> Map:
    """Convolution and relu: the paper's."""
    return layers.Conv2D(
        filters, size, strides=strides, padding="same", activation="relu", name=name
    )(x)


def normalized(x: Map, filters: int, size: int, name: str, strides: int = 1) -> Map:
    """Convolution without bias, batch normalization, relu: as it is trained today."""
    x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x) if strides > 1 else x
    padding = "valid" if strides > 1 else "same"
    x = layers.Conv2D(filters, size, strides=strides, padding=padding, use_bias=False, name=name)(x)
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def inception(
    x: Map, filters: tuple[int, ...], name: str, conv: Callable[..., Map], five: int
) -> Map:
    """1x1, 3x3, 5x5 and pooling side by side, their channels one after another."""
    branches = [
        conv(x, filters[0], 1, f"{name}_1x1"),
        conv(conv(x, filters[1], 1, f"{name}_3x3_reduce"), filters[2], 3, f"{name}_3x3"),
        conv(conv(x, filters[3], 1, f"{name}_5x5_reduce"), filters[4], five, f"{name}_5x5"),
        conv(
            layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x),
            filters[5],
            1,
            f"{name}_pool_proj",
        ),
    ]
    return layers.Concatenate(name=f"{name}_output")(branches)


def auxiliary(
    x: Map, name: str, conv: Callable[..., Map], pooled: Any, dropout: float
) -> Callable[[int, Any], Map]:
    """A head half-way: gives the layers below it a gradient of their own."""

    def head(classes: int, activation: Any) -> Map:
        y = conv(pooled(x), 128, 1, f"{name}_conv")
        y = layers.Flatten(name=f"{name}_flatten")(y)
        y = layers.Dense(1024, activation="relu", name=f"{name}_fc")(y)
        y = layers.Dropout(dropout, name=f"{name}_drop")(y)
        return layers.Dense(classes, activation=activation, name=f"{name}_predictions")(y)

    return head


def body(
    image: Map,
    auxiliary_heads: bool = False,
    normalization: str = "local_response",
    stem: str = "imagenet",
) -> tuple[Map, list[Any]]:
    """The paper's table 1: 224 px to (7, 7, 1024).

    `normalization`: "local_response" as in the paper, or "batch" as torchvision trains it, where
    the windows called 5x5 are 3x3. `stem`: with "small" the first convolution is 3x3 of stride 1,
    and the first two poolings are left out: 32 px to (8, 8, 1024).
    """
    small = stem == "small"
    batch = normalization == "batch"
    conv, five = (normalized, 3) if batch else (plain, 5)
    x = conv(image, 64, 3, "conv1") if small else conv(image, 64, 7, "conv1", 2)
    x = x if small else hanging_pool(x, "pool1")
    x = x if batch else layers.LocalResponseNormalization(name="norm1")(x)
    x = conv(conv(x, 64, 1, "conv2_reduce"), 192, 3, "conv2")
    x = x if batch else layers.LocalResponseNormalization(name="norm2")(x)
    x = x if small else hanging_pool(x, "pool2")
    heads: list[Any] = []
    for name, filters in MODULES.items():
        if name in POOLED_BEFORE:
            hangs = name == "4a" or not batch
            x = hanging_pool(x, f"pool{int(name[0]) - 1}") if hangs else _half(x)
        x = inception(x, filters, f"inception_{name}", conv, five)
        if name in AUXILIARY_AFTER and auxiliary_heads:
            number = len(heads) + 1
            pooled = (
                layers.AdaptiveAveragePooling2D(4, name=f"aux{number}_pool")
                if batch
                else layers.AveragePooling2D(5, strides=3, name=f"aux{number}_pool")
            )
            heads.append(auxiliary(x, f"aux{number}", conv, pooled, 0.7))
    return x, heads


def _half(x: Map) -> Map:
    return layers.MaxPooling2D(2, strides=2, name="pool4")(x)


def head(x: Map, classes: int, activation: Any, dropout: float) -> Map:
    """Mean over the map, dropout, one Dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="drop")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


googlenet = Architecture(
    name="googlenet",
    body=body,
    head=partial(head, dropout=0.4),
    paper=PAPER,
    about="Inception modules, local response normalization; auxiliary_heads=True adds two heads",
    parameters=6_998_552,
    source="counted from the paper's table 1, which gives them per module",
    gmacs=1.58,
    top1=0.687,
    smallest_with={"small": 8},
)
googlenet_bn = Architecture(
    name="googlenet_bn",
    body=body,
    head=partial(head, dropout=0.2),
    paper=PAPER,
    about="with batch normalization, its 5x5 windows are 3x3: the form that torchvision trains",
    parameters=13_004_888,
    source="torchvision, with the auxiliary heads",
    counted="trainable",
    gmacs=1.50,
    top1=0.6978,
    smallest_with={"small": 8},
    options={"normalization": "batch", "auxiliary_heads": True},
)
