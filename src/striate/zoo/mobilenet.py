"""MobileNet v1, v2 and v3: depthwise and 1x1 convolutions, for telephones."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map
from striate.zoo.widths import rounded

V1 = (
    "Howard et al. (2017), MobileNets: Efficient Convolutional Neural Networks for Mobile Vision "
    "Applications, https://arxiv.org/abs/1704.04861"
)
V2 = (
    "Sandler, Howard, Zhu, Zhmoginov and Chen (2018), MobileNetV2: Inverted Residuals and Linear "
    "Bottlenecks, https://arxiv.org/abs/1801.04381"
)
V3 = "Howard et al. (2019), Searching for MobileNetV3, https://arxiv.org/abs/1905.02244"


def v1(image: Map, stem: str = "imagenet") -> Map:
    """The paper's table 1: 224 px to (7, 7, 1024).

    `stem`: with "small" the first two halvings are left out: 32 px to (4, 4, 1024).
    """
    small = stem == "small"

    def activated(x: Map, name: str) -> Map:
        x = layers.BatchNormalization(name=f"{name}_bn")(x)
        return layers.ReLU(6.0, name=f"{name}_relu")(x)

    strides = 1 if small else 2
    x = layers.Conv2D(32, 3, strides=strides, padding="same", use_bias=False, name="conv1")(image)
    x = activated(x, "conv1")
    widths = (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
    for i, filters in enumerate(widths, 1):
        halves = i in ((4, 6, 12) if small else (2, 4, 6, 12))
        if halves:
            x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{i}")(x)
        x = layers.DepthwiseConv2D(
            3,
            strides=2 if halves else 1,
            padding="valid" if halves else "same",
            use_bias=False,
            name=f"conv_dw_{i}",
        )(x)
        x = activated(x, f"conv_dw_{i}")
        x = layers.Conv2D(filters, 1, padding="same", use_bias=False, name=f"conv_pw_{i}")(x)
        x = activated(x, f"conv_pw_{i}")
    return x


def v1_head(x: Map, classes: int, activation: Any) -> Map:
    """Mean, dropout, and a 1x1 convolution in place of a Dense layer."""
    x = layers.GlobalAveragePooling2D(keepdims=True, name="avg_pool")(x)
    x = layers.Dropout(1e-3, name="dropout")(x)
    x = layers.Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = layers.Reshape((classes,), name="reshape_2")(x)
    return layers.Activation(activation or "linear", name="predictions")(x)


def _normalized(x: Map, name: str) -> Map:
    return layers.BatchNormalization(epsilon=1e-3, momentum=0.999, name=name)(x)


def inverted(x: Map, expansion: int, filters: int, strides: int, prefix: str, expands: bool) -> Map:
    """1x1 to more channels, 3x3 within each, 1x1 to few, without activation, added."""
    given, channels = x, x.shape[-1]
    if expands:
        x = layers.Conv2D(expansion * channels, 1, use_bias=False, name=f"{prefix}expand")(x)
        x = _normalized(x, f"{prefix}expand_BN")
        x = layers.ReLU(6.0, name=f"{prefix}expand_relu")(x)
    x = layers.DepthwiseConv2D(
        3, strides=strides, padding="same", use_bias=False, name=f"{prefix}depthwise"
    )(x)
    x = _normalized(x, f"{prefix}depthwise_BN")
    x = layers.ReLU(6.0, name=f"{prefix}depthwise_relu")(x)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_BN")
    adds = strides == 1 and channels == filters
    return layers.Add(name=f"{prefix}add")([given, x]) if adds else x


# Expansion, filters, repeats, stride of the first: the paper's table 2.
V2_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def v2(image: Map, stem: str = "imagenet") -> Map:
    """The paper's table 2: 224 px to (7, 7, 1280).

    `stem`: with "small" the first two halvings are left out: 32 px to (4, 4, 1280).
    """
    small = stem == "small"
    strides = 1 if small else 2
    x = layers.Conv2D(32, 3, strides=strides, padding="same", use_bias=False, name="Conv1")(image)
    x = layers.ReLU(6.0, name="Conv1_relu")(_normalized(x, "bn_Conv1"))
    number = 0
    for expansion, filters, repeats, halving in V2_STAGES:
        stride = 1 if small and filters == 24 else halving
        for i in range(repeats):
            prefix = f"block_{number}_" if number else "expanded_conv_"
            x = inverted(x, expansion, filters, 1 if i else stride, prefix, number > 0)
            number += 1
    x = layers.Conv2D(1280, 1, use_bias=False, name="Conv_1")(x)
    return layers.ReLU(6.0, name="out_relu")(_normalized(x, "Conv_1_bn"))


def squeezed(x: Map, channels: int, name: str) -> Map:
    """Squeeze and excitation with a hard sigmoid."""
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_avg_pool")(x)
    y = layers.Conv2D(rounded(channels / 4), 1, activation="relu", name=f"{name}_conv")(y)
    y = layers.Conv2D(channels, 1, activation="hard_sigmoid", name=f"{name}_conv_1")(y)
    return layers.Multiply(name=f"{name}_mul")([x, y])


# Expansion, filters, window, stride, squeeze and excitation, hard swish: tables 1 and 2.
LARGE = (
    (1, 16, 3, 1, False, False),
    (4, 24, 3, 2, False, False),
    (3, 24, 3, 1, False, False),
    (3, 40, 5, 2, True, False),
    (3, 40, 5, 1, True, False),
    (3, 40, 5, 1, True, False),
    (6, 80, 3, 2, False, True),
    (2.5, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (2.3, 80, 3, 1, False, True),
    (6, 112, 3, 1, True, True),
    (6, 112, 3, 1, True, True),
    (6, 160, 5, 2, True, True),
    (6, 160, 5, 1, True, True),
    (6, 160, 5, 1, True, True),
)
SMALL = (
    (1, 16, 3, 2, True, False),
    (72 / 16, 24, 3, 2, False, False),
    (88 / 24, 24, 3, 1, False, False),
    (4, 40, 5, 2, True, True),
    (6, 40, 5, 1, True, True),
    (6, 40, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (3, 48, 5, 1, True, True),
    (6, 96, 5, 2, True, True),
    (6, 96, 5, 1, True, True),
    (6, 96, 5, 1, True, True),
)


def v3_block(x: Map, row: Any, prefix: str, expands: bool) -> Map:
    """The block of v2 with another window, squeeze and excitation, and hard swish."""
    expansion, filters, window, stride, squeeze, hard = row
    activation = "hard_silu" if hard else "relu"
    given, channels = x, x.shape[-1]
    wide = rounded(channels * expansion) if expands else channels
    if expands:
        x = layers.Conv2D(wide, 1, use_bias=False, name=f"{prefix}expand")(x)
        x = _normalized(x, f"{prefix}expand_bn")
        x = layers.Activation(activation, name=f"{prefix}expand_activation")(x)
    x = layers.DepthwiseConv2D(
        window, strides=stride, padding="same", use_bias=False, name=f"{prefix}depthwise"
    )(x)
    x = _normalized(x, f"{prefix}depthwise_bn")
    x = layers.Activation(activation, name=f"{prefix}depthwise_activation")(x)
    if squeeze:
        x = squeezed(x, wide, f"{prefix}squeeze_excite")
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_bn")
    adds = stride == 1 and channels == filters
    return layers.Add(name=f"{prefix}add")([given, x]) if adds else x


def v3(image: Map, rows: Any, stem: str = "imagenet") -> Map:
    """The paper's table 1 or 2 up to the pooling.

    `stem`: with "small" the first two halvings are left out: 32 px to a map of 4x4.
    """
    small = stem == "small"
    halving = next(i for i, row in enumerate(rows) if row[3] == 2)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescaling")(image)
    strides = 1 if small else 2
    x = layers.Conv2D(16, 3, strides=strides, padding="same", use_bias=False, name="conv")(x)
    x = layers.Activation("hard_silu", name="conv_activation")(_normalized(x, "conv_bn"))
    for i, row in enumerate(rows):
        row = (*row[:3], 1, *row[4:]) if small and i == halving else row
        x = v3_block(x, row, f"expanded_conv_{i}_" if i else "expanded_conv_", i > 0)
    x = layers.Conv2D(rounded(6 * x.shape[-1]), 1, use_bias=False, name="conv_1")(x)
    return layers.Activation("hard_silu", name="conv_1_activation")(_normalized(x, "conv_1_bn"))


def v3_head(x: Map, classes: int, activation: Any) -> Map:
    """Mean, then two 1x1 convolutions in place of Dense layers."""
    wide = 1280 if x.shape[-1] > 576 else 1024
    x = layers.GlobalAveragePooling2D(keepdims=True, name="avg_pool")(x)
    x = layers.Conv2D(wide, 1, activation="hard_silu", name="conv_2")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    x = layers.Conv2D(classes, 1, name="logits")(x)
    x = layers.Flatten(name="flatten")(x)
    return layers.Activation(activation or "linear", name="predictions")(x)


mobilenet = Architecture(
    name="mobilenet",
    body=v1,
    head=v1_head,
    paper=V1,
    about="a depthwise and a 1x1 convolution in place of each 3x3",
    parameters=4_253_864,
    source="Keras applications",
    gmacs=0.569,
    top1=0.704,
    smallest_with={"small": 8},
)
mobilenet_v2 = Architecture(
    name="mobilenet_v2",
    body=v2,
    paper=V2,
    about="narrow maps between the blocks, wide ones inside; shortcuts between the narrow ones",
    parameters=3_538_984,
    source="Keras applications",
    gmacs=0.30,
    top1=0.713,
    smallest_with={"small": 8},
)
mobilenet_v3_large = Architecture(
    name="mobilenet_v3_large",
    body=v3,
    head=v3_head,
    paper=V3,
    about="found by search: squeeze and excitation, hard swish",
    parameters=5_507_432,
    source="Keras applications",
    gmacs=0.217,
    top1=0.756,
    smallest_with={"small": 8},
    options={"rows": LARGE},
)
mobilenet_v3_small = Architecture(
    name="mobilenet_v3_small",
    body=v3,
    head=v3_head,
    paper=V3,
    about="the small one of the two",
    parameters=2_554_968,
    source="Keras applications",
    gmacs=0.057,
    top1=0.681,
    smallest_with={"small": 8},
    options={"rows": SMALL},
)
