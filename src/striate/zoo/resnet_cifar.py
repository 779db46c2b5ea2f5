"""The ResNets of the paper's section 4.2, for the 32 px images of CIFAR-10."""

from __future__ import annotations

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.resnet import PAPER, convolution


def shrunk(x: Map, name: str) -> Map:
    """A shortcut without weights: every second pixel, and as many channels of zeros ("A")."""
    x = x[:, ::2, ::2]
    zeros = x[..., : x.shape[-1] // 2] * 0.0
    return layers.Concatenate(name=f"{name}_0_concat")([zeros, x, zeros])


def body(image: Map, blocks: int) -> Map:
    """One 3x3 convolution, then three stages of 16, 32 and 64 channels: 32 px to (8, 8, 64)."""
    x = convolution(image, 16, 3, "conv1")
    for stage, filters in enumerate((16, 32, 64), 2):
        for i in range(1, blocks + 1):
            name = f"conv{stage}_block{i}"
            halves = stage > 2 and i == 1
            given = shrunk(x, name) if halves else x
            x = convolution(x, filters, 3, f"{name}_1", strides=2 if halves else 1)
            x = convolution(x, filters, 3, f"{name}_2", relu=False)
            x = layers.Add(name=f"{name}_add")([given, x])
            x = layers.ReLU(name=f"{name}_out")(x)
    return x


def _resnet(depth: int, parameters: int, top1: float) -> Architecture:
    return Architecture(
        name=f"resnet{depth}",
        body=body,
        paper=PAPER,
        about=f"{depth} layers of weights, three stages, shortcuts without weights",
        parameters=parameters,
        source="counted by the paper's section 4.2; its table 6 gives them in millions",
        counted="trainable",
        top1=top1,
        data="CIFAR-10",
        input_shape=(32, 32, 3),
        smallest=8,
        classes=10,
        options={"blocks": (depth - 2) // 6},
    )


resnet20 = _resnet(20, 269_722, 0.9125)
resnet32 = _resnet(32, 464_154, 0.9249)
resnet44 = _resnet(44, 658_586, 0.9283)
resnet56 = _resnet(56, 853_018, 0.9303)
resnet110 = _resnet(110, 1_727_962, 0.9357)
