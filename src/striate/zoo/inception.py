"""Inception v3 and Inception-ResNet v2: small windows one after another in place of large ones."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map

V3 = (
    "Szegedy, Vanhoucke, Ioffe, Shlens and Wojna (2015), Rethinking the Inception Architecture "
    "for Computer Vision, https://arxiv.org/abs/1512.00567"
)
RESNET_V2 = (
    "Szegedy, Ioffe, Vanhoucke and Alemi (2016), Inception-v4, Inception-ResNet and the Impact of "
    "Residual Connections on Learning, https://arxiv.org/abs/1602.07261"
)
Size = int | tuple[int, int]
Step = tuple[int, Size]  # filters, window
SEVEN = ((1, 7), (7, 1))


def conv(
    x: Map, filters: int, size: Size, name: str, strides: int = 1, padding: str = "same"
) -> Map:
    """Convolution without bias, batch normalization without gamma, relu."""
    x = layers.Conv2D(
        filters, size, strides=strides, padding=padding, use_bias=False, name=f"{name}_conv"
    )(x)
    x = layers.BatchNormalization(scale=False, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def branch(x: Map, steps: tuple[Step, ...], name: str, halves: bool = False) -> Map:
    """Convolutions one after another; the last of stride 2 without padding if it halves."""
    for i, (filters, size) in enumerate(steps, 1):
        last = halves and i == len(steps)
        x = conv(x, filters, size, f"{name}_{i}", 2 if last else 1, "valid" if last else "same")
    return x


def pooled(x: Map, filters: int, name: str) -> Map:
    """Mean of 3x3, then 1x1."""
    x = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    return conv(x, filters, 1, f"{name}_pool_1")


def mixed(x: Map, name: str, *branches: tuple[Step, ...], pool: int) -> Map:
    """Branches and a pooled one side by side."""
    made = [branch(x, steps, f"{name}_branch{i}") for i, steps in enumerate(branches, 1)]
    return layers.Concatenate(name=name)([*made, pooled(x, pool, name)])


def halved(x: Map, name: str, *branches: tuple[Step, ...]) -> Map:
    """Branches whose last convolution has stride 2, beside a max pooling of stride 2."""
    made = [branch(x, s, f"{name}_branch{i}", halves=True) for i, s in enumerate(branches, 1)]
    pool = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
    return layers.Concatenate(name=name)([*made, pool])


def entry(image: Map, stem: str) -> Map:
    """Five convolutions and two poolings: 299 px to (35, 35, 192).

    The small stem has the convolutions alone, which keep the size.
    """
    if stem == "small":
        sizes = ((32, 3), (32, 3), (64, 3), (80, 1), (192, 3))
        x = image
        for i, (filters, size) in enumerate(sizes, 1):
            x = conv(x, filters, size, f"stem{i}")
        return x
    x = conv(image, 32, 3, "stem1", 2, "valid")
    x = conv(x, 32, 3, "stem2", padding="valid")
    x = conv(x, 64, 3, "stem3")
    x = layers.MaxPooling2D(3, strides=2, name="stem3_pool")(x)
    x = conv(x, 80, 1, "stem4", padding="valid")
    x = conv(x, 192, 3, "stem5", padding="valid")
    return layers.MaxPooling2D(3, strides=2, name="stem5_pool")(x)


def forked(x: Map, steps: tuple[Step, ...], name: str) -> list[Map]:
    """Convolutions, then 1x3 and 3x1 side by side."""
    x = branch(x, steps, name)
    return [conv(x, 384, (1, 3), f"{name}_a"), conv(x, 384, (3, 1), f"{name}_b")]


def v3(image: Map, stem: str = "imagenet") -> Map:
    """The paper's table 1: 299 px to (8, 8, 2048); with the small stem 32 px to (7, 7, 2048)."""
    x = entry(image, stem)
    double = ((64, 1), (96, 3), (96, 3))
    for i, pool in enumerate((32, 64, 64)):
        x = mixed(x, f"mixed{i}", ((64, 1),), ((48, 1), (64, 5)), double, pool=pool)
    x = halved(x, "mixed3", ((384, 3),), double)
    for i, n in enumerate((128, 160, 160, 192), 4):
        across, down = SEVEN
        once: tuple[Step, ...] = ((n, 1), (n, across), (192, down))
        twice: tuple[Step, ...] = ((n, 1), (n, down), (n, across), (n, down), (192, across))
        x = mixed(x, f"mixed{i}", ((192, 1),), once, twice, pool=192)
    seven: tuple[Step, ...] = ((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3))
    x = halved(x, "mixed8", ((192, 1), (320, 3)), seven)
    for i in (9, 10):
        name = f"mixed{i}"
        parts = [conv(x, 320, 1, f"{name}_branch1")]
        # Joined by two first, as in Keras: its files have the layers in the order that follows.
        forks: tuple[tuple[Step, ...], ...] = (((384, 1),), ((448, 1), (384, 3)))
        for number, steps in enumerate(forks, 2):
            fork = forked(x, steps, f"{name}_branch{number}")
            parts.append(layers.Concatenate(name=f"{name}_branch{number}")(fork))
        x = layers.Concatenate(name=name)([*parts, pooled(x, 192, name)])
    return x


def residual(
    x: Map, scale: float, name: str, *branches: tuple[Step, ...], relu: bool = True
) -> Map:
    """Branches, back to as many channels by a 1x1, scaled and added to the input."""
    made = [branch(x, steps, f"{name}_branch{i}") for i, steps in enumerate(branches, 1)]
    y = layers.Concatenate(name=f"{name}_mixed")(made)
    y = layers.Conv2D(x.shape[-1], 1, name=f"{name}_conv")(y)
    x = layers.Add(name=f"{name}_add")([x, y * scale])
    return layers.Activation("relu", name=f"{name}_ac")(x) if relu else x


def resnet_v2(image: Map, stem: str = "imagenet") -> Map:
    """The paper's figure 15 with the blocks of figures 16 to 19: 299 px to (8, 8, 1536).

    `stem`: with "small" 32 px end as (7, 7, 1536).
    """
    x = entry(image, stem)
    five: tuple[Step, ...] = ((48, 1), (64, 5))
    x = mixed(x, "mixed_5b", ((96, 1),), five, ((64, 1), (96, 3), (96, 3)), pool=64)
    a: Any = (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3)))
    for i in range(1, 11):
        x = residual(x, 0.17, f"block35_{i}", *a)
    x = halved(x, "mixed_6a", ((384, 3),), ((256, 1), (256, 3), (384, 3)))
    b: Any = (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1))))
    for i in range(1, 21):
        x = residual(x, 0.1, f"block17_{i}", *b)
    three: tuple[Step, ...] = ((256, 1), (288, 3), (320, 3))
    x = halved(x, "mixed_7a", ((256, 1), (384, 3)), ((256, 1), (288, 3)), three)
    c: Any = (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1))))
    for i in range(1, 11):
        x = residual(x, 0.2 if i < 10 else 1.0, f"block8_{i}", *c, relu=i < 10)
    return conv(x, 1536, 1, "conv_7b")


inception_v3 = Architecture(
    name="inception_v3",
    body=v3,
    paper=V3,
    about="5x5 as two 3x3, 7x7 as 1x7 and 7x1; without the auxiliary head",
    parameters=23_851_784,
    source="Keras applications",
    gmacs=5.71,
    top1=0.779,
    input_shape=(299, 299, 3),
    smallest=75,
    smallest_with={"small": 8},
)
inception_resnet_v2 = Architecture(
    name="inception_resnet_v2",
    body=resnet_v2,
    paper=RESNET_V2,
    about="Inception modules whose scaled output is added to their input",
    parameters=55_873_736,
    source="Keras applications",
    gmacs=13.16,
    top1=0.803,
    input_shape=(299, 299, 3),
    smallest=75,
    smallest_with={"small": 8},
)
