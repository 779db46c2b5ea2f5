"""ResNet: blocks that add what they compute to what they were given."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "He, Zhang, Ren and Sun (2015), Deep Residual Learning for Image Recognition, "
    "https://arxiv.org/abs/1512.03385"
)
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
BLOCKS[152] = (3, 8, 36, 3)


def convolution(
    x: Map,
    filters: int,
    size: int,
    name: str,
    *,
    strides: int = 1,
    groups: int = 1,
    bias: bool = False,
    relu: bool = True,
    epsilon: float = 1e-5,
    momentum: float = 0.9,
) -> Map:
    """Convolution, batch normalization, and relu if asked: same size at stride 1."""
    x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x) if size > 1 and strides > 1 else x
    x = layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="valid" if strides > 1 else "same",
        groups=groups,
        use_bias=bias,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = layers.BatchNormalization(epsilon=epsilon, momentum=momentum, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def imagenet_stem(image: Map, filters: int = 64, **how: Any) -> Map:
    """A 7x7 convolution and a 3x3 max pooling, each of stride 2: 224 px to 56."""
    x = convolution(image, filters, 7, "conv1", strides=2, **how)
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)


def small_stem(image: Map, filters: int = 64, **how: Any) -> Map:
    """For images of 28 to 64 px: one 3x3 convolution of stride 1, which keeps their size."""
    return convolution(image, filters, 3, "conv1", **how)


STEMS = {"imagenet": imagenet_stem, "small": small_stem}


def bottleneck(
    x: Map,
    filters: int,
    name: str,
    *,
    strides: int,
    shortcut: bool,
    first: bool,
    width: int = 1,
    groups: int = 1,
    squeeze: int = 0,
    **how: Any,
) -> Map:
    """1x1 to fewer channels, 3x3, 1x1 to four times as many, added to the input.

    Args:
        x: the map.
        filters: of the last stage's channels, a quarter.
        name: of the block.
        strides: of the block.
        shortcut: whether the input goes through a 1x1 convolution.
        first: the stride is in the first 1x1 (the paper) or in the 3x3 ("v1.5").
        width: of the 3x3, as a multiple of `filters`.
        groups: of the 3x3.
        squeeze: ratio of a squeeze and excitation at the end, 0 for none.
        **how: of each convolution.
    """
    given = x
    if shortcut:
        given = convolution(x, 4 * filters, 1, f"{name}_0", strides=strides, relu=False, **how)
    one, three = (strides, 1) if first else (1, strides)
    x = convolution(x, filters * width, 1, f"{name}_1", strides=one, **how)
    x = convolution(x, filters * width, 3, f"{name}_2", strides=three, groups=groups, **how)
    x = convolution(x, 4 * filters, 1, f"{name}_3", relu=False, **how)
    if squeeze:
        x = layers.SqueezeExcite(squeeze, name=f"{name}_se")(x)
    x = layers.Add(name=f"{name}_add")([given, x])
    return layers.ReLU(name=f"{name}_out")(x)


def basic(
    x: Map, filters: int, name: str, *, strides: int, shortcut: bool, first: bool, **how: Any
) -> Map:
    """Two 3x3 convolutions added to the input: the block of ResNet-18 and -34."""
    given = x
    if shortcut and (strides > 1 or x.shape[-1] != filters):
        given = convolution(x, filters, 1, f"{name}_0", strides=strides, relu=False, **how)
    x = convolution(x, filters, 3, f"{name}_1", strides=strides, **how)
    x = convolution(x, filters, 3, f"{name}_2", relu=False, **how)
    x = layers.Add(name=f"{name}_add")([given, x])
    return layers.ReLU(name=f"{name}_out")(x)


def body(
    image: Map,
    blocks: tuple[int, ...],
    block: Any = bottleneck,
    stem: str = "imagenet",
    first: bool = False,
    **how: Any,
) -> Map:
    """Stem, then stages of blocks; each stage after the first halves the map."""
    convolutions = {k: v for k, v in how.items() if k in ("bias", "epsilon", "momentum")}
    x = STEMS[stem](image, **convolutions)
    for stage, count in enumerate(blocks, 2):
        for i in range(1, count + 1):
            x = block(
                x,
                64 * 2 ** (stage - 2),
                f"conv{stage}_block{i}",
                strides=2 if i == 1 and stage > 2 else 1,
                shortcut=i == 1,
                first=first,
                **how,
            )
    return x


# Keras's form: biases before batch normalization, its own epsilon and momentum.
OF_KERAS = {"bias": True, "epsilon": 1.001e-5, "momentum": 0.99}


def _resnet(depth: int, parameters: int, gmacs: float, top1: float, **options: Any) -> Architecture:
    return Architecture(
        name=f"resnet{depth}",
        body=body,
        paper=PAPER,
        about=f"{depth} layers of weights, the stride in the first convolution of a block",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        options={"blocks": BLOCKS[depth], "first": True, **OF_KERAS, **options},
    )


def _resnet_v1_5(
    name: str, blocks: int, parameters: int, gmacs: float, top1: float, about: str, **options: Any
) -> Architecture:
    return Architecture(
        name=name,
        body=body,
        paper=PAPER,
        about=about,
        parameters=parameters,
        source="torchvision",
        counted="trainable",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 8},
        options={"blocks": BLOCKS[blocks], **options},
    )


LATER = "the stride in the 3x3 convolution, as most implementations have it; no biases"
PLAIN = "blocks of two 3x3 convolutions, 1x1 where the size changes; no biases"
resnet18 = _resnet_v1_5("resnet18", 18, 11_689_512, 1.81, 0.6976, PLAIN, block=basic)
resnet34 = _resnet_v1_5("resnet34", 34, 21_797_672, 3.66, 0.7331, PLAIN, block=basic)
resnet50 = _resnet(50, 25_636_712, 3.86, 0.749)
resnet101 = _resnet(101, 44_707_176, 7.57, 0.764)
resnet152 = _resnet(152, 60_419_944, 11.28, 0.766)
resnet50_v1_5 = _resnet_v1_5("resnet50_v1_5", 50, 25_557_032, 4.09, 0.7613, LATER)
resnet101_v1_5 = _resnet_v1_5("resnet101_v1_5", 101, 44_549_160, 7.80, 0.7737, LATER)
resnet152_v1_5 = _resnet_v1_5("resnet152_v1_5", 152, 60_192_808, 11.51, 0.7831, LATER)

resnext50_32x4d = Architecture(
    name="resnext50_32x4d",
    body=body,
    paper="Xie et al. (2016), Aggregated Residual Transformations for Deep Neural Networks, "
    "https://arxiv.org/abs/1611.05431",
    about="the 3x3 convolution in 32 groups, twice as wide",
    parameters=25_028_904,
    source="torchvision",
    counted="trainable",
    gmacs=4.23,
    top1=0.7762,
    smallest_with={"small": 8},
    options={"blocks": BLOCKS[50], "width": 2, "groups": 32},
)
wide_resnet50_2 = Architecture(
    name="wide_resnet50_2",
    body=body,
    paper="Zagoruyko and Komodakis (2016), Wide Residual Networks, "
    "https://arxiv.org/abs/1605.07146",
    about="the 3x3 convolution twice as wide",
    parameters=68_883_240,
    source="torchvision",
    counted="trainable",
    gmacs=11.40,
    top1=0.7847,
    smallest_with={"small": 8},
    options={"blocks": BLOCKS[50], "width": 2},
)
se_resnet50 = Architecture(
    name="se_resnet50",
    body=body,
    paper="Hu, Shen, Albanie, Sun and Wu (2017), Squeeze-and-Excitation Networks, "
    "https://arxiv.org/abs/1709.01507",
    about="each block weighs its channels by what the whole map holds",
    parameters=28_088_024,
    source="the paper's table 2 gives 28.1 million",
    counted="trainable",
    gmacs=3.87,
    top1=0.7671,
    smallest_with={"small": 8},
    options={"blocks": BLOCKS[50], "first": True, "squeeze": 16},
)
