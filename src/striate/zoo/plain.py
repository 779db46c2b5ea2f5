"""Networks of convolutions alone: Network in Network and All-CNN."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map, map_head

NIN = "Lin, Chen and Yan (2013), Network In Network, https://arxiv.org/abs/1312.4400"
ALL_CNN = (
    "Springenberg, Dosovitskiy, Brox and Riedmiller (2014), Striving for Simplicity: The All "
    "Convolutional Net, https://arxiv.org/abs/1412.6806"
)


def _conv(x: Map, filters: int, size: int, name: str, **arguments: Any) -> Map:
    arguments = {"padding": "same", "activation": "relu", **arguments}
    return layers.Conv2D(filters, size, name=name, **arguments)(x)


def network_in_network(image: Map) -> Map:
    """Each convolution is followed by two of 1x1: a small network at every position."""
    x = image
    for block, (size, filters) in enumerate(((5, (192, 160, 96)), (5, (192, 192, 192))), 1):
        for i, (count, window) in enumerate(zip(filters, (size, 1, 1), strict=True), 1):
            x = _conv(x, count, window, f"conv{block}_{i}")
        pool = layers.MaxPooling2D if block == 1 else layers.AveragePooling2D
        x = pool(3, strides=2, padding="same", name=f"pool{block}")(x)
        x = layers.Dropout(0.5, name=f"drop{block}")(x)
    return _conv(_conv(x, 192, 3, "conv3_1"), 192, 1, "conv3_2")


def all_cnn(image: Map) -> Map:
    """All-CNN-C of the paper's tables 1 and 2: convolutions of stride 2 in place of pooling."""
    x = layers.Dropout(0.2, name="drop0")(image)
    for block, filters in enumerate((96, 192), 1):
        x = _conv(_conv(x, filters, 3, f"conv{block}_1"), filters, 3, f"conv{block}_2")
        x = _conv(x, filters, 3, f"conv{block}_3", strides=2)
        x = layers.Dropout(0.5, name=f"drop{block}")(x)
    x = _conv(x, 192, 3, "conv3_1", padding="valid")
    return _conv(x, 192, 1, "conv3_2")


nin = Architecture(
    name="nin",
    body=network_in_network,
    head=map_head,
    paper=NIN,
    about="1x1 convolutions between the others; no Dense layer, a map per class",
    parameters=966_986,
    source="counted from the authors' published CIFAR-10 model",
    data="CIFAR-10",
    top1=0.8959,
    input_shape=(32, 32, 3),
    smallest=8,
    classes=10,
)
all_cnn_c = Architecture(
    name="all_cnn_c",
    body=all_cnn,
    head=map_head,
    paper=ALL_CNN,
    about="All-CNN-C: stride in place of pooling; the paper says about 1.3 million weights",
    parameters=1_369_738,
    source="counted from the paper's tables 1 and 2",
    data="CIFAR-10",
    top1=0.9092,
    input_shape=(32, 32, 3),
    smallest=9,
    classes=10,
)
