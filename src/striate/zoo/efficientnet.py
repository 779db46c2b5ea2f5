"""EfficientNet: width, depth and image size grown together; and its faster second version."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.widths import rounded

V1 = (
    "Tan and Le (2019), EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, "
    "https://arxiv.org/abs/1905.11946"
)
V2 = (
    "Tan and Le (2021), EfficientNetV2: Smaller Models and Faster Training, "
    "https://arxiv.org/abs/2104.00298"
)
# Normal with the variance 2 / fan_out, as the authors initialise convolutions.
KERNEL = {"class_name": "VarianceScaling", "config": {"scale": 2.0, "mode": "fan_out"}}


class Stage(NamedTuple):
    """Blocks that are alike but for the first one's stride."""

    window: int
    repeats: int
    filters: int
    expansion: int
    stride: int
    squeeze: bool = True
    fused: bool = False


B0 = (
    Stage(3, 1, 16, 1, 1),
    Stage(3, 2, 24, 6, 2),
    Stage(5, 2, 40, 6, 2),
    Stage(3, 3, 80, 6, 2),
    Stage(5, 3, 112, 6, 1),
    Stage(5, 4, 192, 6, 2),
    Stage(3, 1, 320, 6, 1),
)
V2_S = (
    Stage(3, 2, 24, 1, 1, squeeze=False, fused=True),
    Stage(3, 4, 48, 4, 2, squeeze=False, fused=True),
    Stage(3, 4, 64, 4, 2, squeeze=False, fused=True),
    Stage(3, 6, 128, 4, 2),
    Stage(3, 9, 160, 6, 1),
    Stage(3, 15, 256, 6, 2),
)


class Builder:
    """Layers with the settings that all of one network share."""

    def __init__(self, momentum: float) -> None:
        self.momentum = momentum

    def conv(self, x: Map, filters: int, size: int, name: str, strides: int = 1) -> Map:
        """Convolution without bias."""
        made = layers.Conv2D(
            filters,
            size,
            strides=strides,
            padding="same",
            use_bias=False,
            kernel_initializer=KERNEL,
            name=name,
        )
        return made(x)

    def normalized(self, x: Map, name: str, activation: str | None = None) -> Map:
        """Batch normalization, and an activation if it is named: then by swish."""
        x = layers.BatchNormalization(momentum=self.momentum, name=name)(x)
        return layers.Activation("swish", name=activation)(x) if activation else x

    def squeezed(self, x: Map, reduced: int, name: str) -> Map:
        """Squeeze and excitation down to `reduced` channels."""
        channels = x.shape[-1]
        y = layers.GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
        y = layers.Reshape((1, 1, channels), name=f"{name}se_reshape")(y)
        y = layers.Conv2D(
            reduced, 1, activation="swish", kernel_initializer=KERNEL, name=f"{name}se_reduce"
        )(y)
        y = layers.Conv2D(
            channels, 1, activation="sigmoid", kernel_initializer=KERNEL, name=f"{name}se_expand"
        )(y)
        return layers.Multiply(name=f"{name}se_excite")([x, y])

    def block(self, x: Map, stage: Stage, filters: int, strides: int, name: str) -> Map:
        """Wide inside, narrow between blocks; depthwise, or fused into the expansion."""
        channels = x.shape[-1]
        if stage.fused and stage.expansion == 1:
            x = self.conv(x, filters, stage.window, f"{name}project_conv", strides)
            return self.normalized(x, f"{name}project_bn", f"{name}project_activation")
        if stage.expansion > 1:
            size, step = (stage.window, strides) if stage.fused else (1, 1)
            x = self.conv(x, stage.expansion * channels, size, f"{name}expand_conv", step)
            x = self.normalized(x, f"{name}expand_bn", f"{name}expand_activation")
        if not stage.fused:
            x = layers.DepthwiseConv2D(
                stage.window,
                strides=strides,
                padding="same",
                use_bias=False,
                depthwise_initializer=KERNEL,
                name=f"{name}dwconv",
            )(x)
            x = self.normalized(x, f"{name}bn", f"{name}activation")
        if stage.squeeze:
            x = self.squeezed(x, max(1, channels // 4), name)
        x = self.conv(x, filters, 1, f"{name}project_conv")
        return self.normalized(x, f"{name}project_bn")


def stages(
    x: Map, table: tuple[Stage, ...], make: Builder, width: float, depth: float, drop: float
) -> Map:
    """All blocks; the later one is, the more often its branch is dropped in training."""
    repeats = [math.ceil(depth * stage.repeats) for stage in table]
    done, total = 0, sum(repeats)
    for number, (stage, count) in enumerate(zip(table, repeats, strict=True), 1):
        filters = rounded(width * stage.filters)
        for letter, first in zip(_letters(count), [True] + [False] * count, strict=False):
            name = f"block{number}{letter}_"
            strides = stage.stride if first else 1
            given = x
            x = make.block(x, stage, filters, strides, name)
            if strides == 1 and given.shape[-1] == filters:
                if done:
                    x = layers.DropPath(drop * done / total, name=f"{name}drop")(x)
                x = layers.Add(name=f"{name}add")([x, given])
            done += 1
    return x


def _letters(count: int) -> list[str]:
    return [chr(ord("a") + i) if i < 26 else f"z{i}" for i in range(count)]


def kept(table: tuple[Stage, ...], stem: str) -> tuple[int, tuple[Stage, ...]]:
    """The stride of the stem and the stages; the small stem leaves out the first two halvings."""
    if stem != "small":
        return 2, table
    first = next(i for i, stage in enumerate(table) if stage.stride == 2)
    return 1, (*table[:first], table[first]._replace(stride=1), *table[first + 1 :])


def v1(image: Map, width: float, depth: float, stem: str = "imagenet") -> Map:
    """The paper's table 1, scaled: pixels from 0 to 255 in, 1,280 times `width` channels out.

    `stem`: with "small" the first two halvings are left out: 32 px to a map of 4x4.
    """
    strides, table = kept(B0, stem)
    make = Builder(0.99)
    x = layers.Rescaling(1 / 255, name="rescaling")(image)
    x = layers.Normalization(axis=-1, name="normalization")(x)
    x = make.conv(x, rounded(32 * width), 3, "stem_conv", strides)
    x = make.normalized(x, "stem_bn", "stem_activation")
    x = stages(x, table, make, width, depth, 0.2)
    x = make.conv(x, rounded(1280 * width), 1, "top_conv")
    return make.normalized(x, "top_bn", "top_activation")


def v2(image: Map, stem: str = "imagenet") -> Map:
    """The paper's table 4: pixels from 0 to 255 in; `stem` as of `v1`."""
    strides, table = kept(V2_S, stem)
    make = Builder(0.9)
    x = layers.Rescaling(1 / 128, offset=-1.0, name="rescaling")(image)
    x = make.conv(x, 24, 3, "stem_conv", strides)
    x = make.normalized(x, "stem_bn", "stem_activation")
    x = stages(x, table, make, 1.0, 1.0, 0.2)
    x = make.conv(x, 1280, 1, "top_conv")
    return make.normalized(x, "top_bn", "top_activation")


def head(x: Map, classes: int, activation: Any, dropout: float) -> Map:
    """Mean, dropout, one Dense layer."""
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
    x = layers.Dropout(dropout, name="top_dropout")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def _efficientnet(
    number: int,
    scale: tuple[float, float, int, float],
    parameters: int,
    gmacs: float,
    top1: float,
) -> Architecture:
    width, depth, size, dropout = scale
    return Architecture(
        name=f"efficientnet_b{number}",
        body=v1,
        head=partial(head, dropout=dropout),
        paper=V1,
        about=f"B0 of {width} times the width and {depth} times the depth, at {size} px",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        input_shape=(size, size, 3),
        options={"width": width, "depth": depth},
    )


efficientnet_b0 = _efficientnet(0, (1.0, 1.0, 224, 0.2), 5_330_571, 0.39, 0.771)
efficientnet_b1 = _efficientnet(1, (1.0, 1.1, 240, 0.2), 7_856_239, 0.687, 0.791)
efficientnet_b2 = _efficientnet(2, (1.1, 1.2, 260, 0.3), 9_177_569, 1.0, 0.801)
efficientnet_b3 = _efficientnet(3, (1.2, 1.4, 300, 0.3), 12_320_535, 1.826, 0.816)
efficientnet_b4 = _efficientnet(4, (1.4, 1.8, 380, 0.4), 19_466_823, 4.394, 0.829)
efficientnet_b5 = _efficientnet(5, (1.6, 2.2, 456, 0.4), 30_562_527, 10.27, 0.836)
efficientnet_b6 = _efficientnet(6, (1.8, 2.6, 528, 0.5), 43_265_143, 19.07, 0.840)
efficientnet_b7 = _efficientnet(7, (2.0, 3.1, 600, 0.5), 66_658_687, 37.75, 0.843)
efficientnet_v2_s = Architecture(
    name="efficientnet_v2_s",
    body=v2,
    head=partial(head, dropout=0.2),
    paper=V2,
    about="plain 3x3 convolutions in the first stages, where depthwise ones are slow",
    parameters=21_612_360,
    source="Keras applications",
    gmacs=8.366,
    top1=0.839,
    smallest_with={"small": 8},
    input_shape=(384, 384, 3),
)
