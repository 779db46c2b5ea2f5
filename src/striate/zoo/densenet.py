"""DenseNet: every layer of a block reads all layers before it."""

from __future__ import annotations

from striate import layers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "Huang, Liu, van der Maaten and Weinberger (2016), Densely Connected Convolutional Networks, "
    "https://arxiv.org/abs/1608.06993"
)
BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
GROWTH = 32


def activated(x: Map, bn: str, relu: str) -> Map:
    """Batch normalization and relu."""
    x = layers.BatchNormalization(epsilon=1.001e-5, name=bn)(x)
    return layers.ReLU(name=relu)(x)


def grown(x: Map, name: str) -> Map:
    """The map with 32 channels more, which a 1x1 and a 3x3 convolution compute from all."""
    y = activated(x, f"{name}_0_bn", f"{name}_0_relu")
    y = layers.Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = activated(y, f"{name}_1_bn", f"{name}_1_relu")
    y = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return layers.Concatenate(name=f"{name}_concat")([x, y])


def body(image: Map, blocks: tuple[int, ...], stem: str = "imagenet") -> Map:
    """Four dense blocks; between them half the channels, a quarter of the positions.

    `stem`: "small" is the one 3x3 convolution of the paper's section 3 for CIFAR.
    """
    if stem == "small":
        x = layers.Conv2D(64, 3, padding="same", use_bias=False, name="conv1_conv")(image)
    else:
        x = layers.ZeroPadding2D(3, name="zero_padding2d")(image)
        x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = activated(x, "conv1_bn", "conv1_relu")
        x = layers.ZeroPadding2D(1, name="zero_padding2d_1")(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    for stage, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            x = grown(x, f"conv{stage}_block{i}")
        if stage < 5:
            x = activated(x, f"pool{stage}_bn", f"pool{stage}_relu")
            x = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False, name=f"pool{stage}_conv")(x)
            x = layers.AveragePooling2D(2, strides=2, name=f"pool{stage}_pool")(x)
    return activated(x, "bn", "relu")


def _densenet(depth: int, parameters: int, gmacs: float, top1: float) -> Architecture:
    return Architecture(
        name=f"densenet{depth}",
        body=body,
        paper=PAPER,
        about=f"{depth} layers of weights, each adds 32 channels to those it reads",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        options={"blocks": BLOCKS[depth]},
    )


densenet121 = _densenet(121, 8_062_504, 2.83, 0.750)
densenet169 = _densenet(169, 14_307_880, 3.36, 0.762)
densenet201 = _densenet(201, 20_242_984, 4.29, 0.773)
