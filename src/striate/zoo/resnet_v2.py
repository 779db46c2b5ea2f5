"""ResNet v2: normalization and relu before each convolution, so that the sums stay untouched."""

from __future__ import annotations

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.resnet import BLOCKS

PAPER = (
    "He, Zhang, Ren and Sun (2016), Identity Mappings in Deep Residual Networks, "
    "https://arxiv.org/abs/1603.05027"
)


def activated(x: Map, name: str) -> Map:
    """Batch normalization and relu."""
    x = layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def block(x: Map, filters: int, name: str, *, strides: int, shortcut: bool) -> Map:
    """1x1, 3x3, 1x1 on the activated input, added to the input; the stride is in the 3x3."""
    active = activated(x, f"{name}_preact")
    if shortcut:
        given = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(active)
    elif strides > 1:
        given = layers.MaxPooling2D(1, strides=strides, name=f"{name}_0_max_pooling2d")(x)
    else:
        given = x
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_1_conv")(active)
    x = activated(x, f"{name}_1")
    x = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=strides, use_bias=False, name=f"{name}_2_conv")(x)
    x = activated(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([given, x])


def body(image: Map, blocks: tuple[int, ...], stem: str = "imagenet") -> Map:
    """A stem without normalization, then stages whose last block halves the map.

    `stem`: "small" is the one 3x3 convolution of the paper's networks for CIFAR.
    """
    if stem == "small":
        x = layers.Conv2D(64, 3, padding="same", name="conv1_conv")(image)
    else:
        x = layers.ZeroPadding2D(3, name="conv1_pad")(image)
        x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
        x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            x = block(
                x,
                64 * 2 ** (stage - 2),
                f"conv{stage}_block{i}",
                strides=2 if i == count and stage < 5 else 1,
                shortcut=i == 1,
            )
    return activated(x, "post")


def _resnet_v2(depth: int, parameters: int, gmacs: float, top1: float) -> Architecture:
    return Architecture(
        name=f"resnet{depth}v2",
        body=body,
        paper=PAPER,
        about=f"{depth} layers of weights, normalization before each convolution",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        options={"blocks": BLOCKS[depth]},
    )


resnet50v2 = _resnet_v2(50, 25_613_800, 3.48, 0.760)
resnet101v2 = _resnet_v2(101, 44_675_560, 7.18, 0.772)
resnet152v2 = _resnet_v2(152, 60_380_648, 10.88, 0.780)
