"""NASNet-A: two cells found by search on CIFAR-10, stacked for ImageNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from striate import layers
from striate.graph import window
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "Zoph et al. (2018), Learning Transferable Architectures for Scalable Image Recognition, "
    "https://arxiv.org/abs/1707.07012"
)


@dataclass(frozen=True)
class Sized:
    """A map, and how many times the size of the image was halved on its way."""

    map: Map
    halved: int


def normalized(x: Map, name: str) -> Map:
    """Batch normalization as the paper's code has it."""
    return layers.BatchNormalization(momentum=0.9997, epsilon=1e-3, name=name)(x)


def projected(x: Map, filters: int, conv: str, bn: str) -> Map:
    """ReLU, a 1x1 convolution, batch normalization."""
    x = layers.ReLU(name=f"{conv}_relu")(x)
    return normalized(layers.Conv2D(filters, 1, use_bias=False, name=conv)(x), bn)


def separable(x: Map, filters: int, size: int, name: str, strides: int = 1) -> Map:
    """Twice: ReLU, a separable convolution, batch normalization; the stride is in the first."""
    for i, step in ((1, strides), (2, 1)):
        x = layers.ReLU(name=f"separable_conv_{i}_relu_{name}")(x)
        x = layers.SeparableConv2D(
            filters,
            size,
            strides=step,
            padding="same",
            use_bias=False,
            name=f"separable_conv_{i}_{name}",
        )(x)
        x = normalized(x, f"separable_conv_{i}_bn_{name}")
    return x


def fitted(p: Sized | None, x: Sized, filters: int, name: str) -> Map:
    """The cell before the last with the size and channels that this cell adds up.

    A larger map gives up three of four positions, by two paths of which one is moved by one.
    """
    if p is None:
        return x.map
    if p.halved == x.halved:
        if p.map.shape[-1] == filters:
            return p.map
        return projected(p.map, filters, f"adjust_conv_projection_{name}", f"adjust_bn_{name}")
    given = layers.ReLU(name=f"adjust_relu_1_{name}")(p.map)
    moved = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"adjust_pad_{name}")(given)
    moved = layers.Cropping2D(((1, 0), (1, 0)), name=f"adjust_crop_{name}")(moved)
    halves = []
    for i, path in enumerate((given, moved), 1):
        path = layers.AveragePooling2D(1, 2, name=f"adjust_avg_pool_{i}_{name}")(path)
        conv = layers.Conv2D(filters // 2, 1, use_bias=False, name=f"adjust_conv_{i}_{name}")
        halves.append(conv(path))
    joined = layers.Concatenate(name=f"adjust_concat_{name}")(halves)
    return normalized(joined, f"adjust_bn_{name}")


def normal_cell(x: Sized, before: Sized | None, filters: int, name: str) -> tuple[Sized, Sized]:
    """Figure 4, left: five sums of two, side by side with the cell before the last."""
    p = fitted(before, x, filters, name)
    h = projected(x.map, filters, f"normal_conv_1_{name}", f"normal_bn_1_{name}")

    def average(value: Map, side: str) -> Map:
        return layers.AveragePooling2D(3, 1, padding="same", name=f"normal_{side}_{name}")(value)

    pairs = (
        (separable(h, filters, 5, f"normal_left1_{name}"),
         separable(p, filters, 3, f"normal_right1_{name}")),
        (separable(p, filters, 5, f"normal_left2_{name}"),
         separable(p, filters, 3, f"normal_right2_{name}")),
        (average(h, "left3"), p),
        (average(p, "left4"), average(p, "right4")),
        (separable(h, filters, 3, f"normal_left5_{name}"), h),
    )  # fmt: skip
    sums = [
        layers.Add(name=f"normal_add_{i}_{name}")(list(both)) for i, both in enumerate(pairs, 1)
    ]
    made = layers.Concatenate(name=f"normal_concat_{name}")([p, *sums])
    return Sized(made, x.halved), x


def reduction_cell(x: Sized, before: Sized | None, filters: int, name: str) -> tuple[Sized, Sized]:
    """Figure 4, right: the same of half the size. Pooling sees a border of zeros."""
    p = fitted(before, x, filters, name)
    h = projected(x.map, filters, f"reduction_conv_1_{name}", f"reduction_bn_1_{name}")
    border = [(0, 1) if n is None else window.same_padding(n, 3, 2) for n in h.shape[1:3]]
    padded = layers.ZeroPadding2D(border, name=f"reduction_pad_1_{name}")(h)

    def half(value: Map, size: int, side: str) -> Map:
        return separable(value, filters, size, f"reduction_{side}_{name}", 2)

    def added(number: int, *values: Map) -> Map:
        return layers.Add(name=f"reduction_add_{number}_{name}")(list(values))

    def largest(side: str) -> Map:
        return layers.MaxPooling2D(3, 2, name=f"reduction_{side}_{name}")(padded)

    first = added(1, half(h, 5, "left1"), half(p, 7, "right1"))
    second = added(2, largest("left2"), half(p, 7, "right2"))
    mean = layers.AveragePooling2D(3, 2, name=f"reduction_left3_{name}")(padded)
    third = added(3, mean, half(p, 5, "right3"))
    blurred = layers.AveragePooling2D(3, 1, padding="same", name=f"reduction_left4_{name}")(first)
    fourth = added(4, second, blurred)
    fifth = added(5, separable(first, filters, 3, f"reduction_left4_{name}"), largest("right5"))
    made = layers.Concatenate(name=f"reduction_concat_{name}")([second, third, fourth, fifth])
    return Sized(made, x.halved + 1), x


def body(
    image: Map,
    penultimate: int,
    cells: int,
    stem_filters: int,
    skips: bool,
    stem: str = "imagenet",
) -> Map:
    """Three stacks of normal cells with a reduction before each: 224 px to (7, 7, penultimate).

    `skips`: the first cell behind a reduction sees the cell before the one that was reduced.
    `stem`: with "small" the paper's form for CIFAR: one convolution, and no reductions before the
    first stack; 32 px to (8, 8, penultimate).
    """
    filters, small = penultimate // 24, stem == "small"
    own: dict[str, Any] = {"padding": "same"} if small else {"strides": 2}
    x = layers.Conv2D(stem_filters, 3, use_bias=False, name="stem_conv1", **own)(image)
    value = Sized(normalized(x, "stem_bn1"), 0)
    before = value if small else None
    if not small:
        for i, share in ((1, 4), (2, 2)):
            value, before = reduction_cell(value, before, filters // share, f"stem_{i}")
    for stack in range(3):
        if stack:
            reduced, last = reduction_cell(
                value, before, filters * 2**stack, f"reduce_{stack * cells}"
            )
            value, before = reduced, before if skips else last
        for i in range(cells):
            number = stack * cells + i + (stack > 0)
            value, before = normal_cell(value, before, filters * 2**stack, str(number))
    return layers.ReLU(name="relu")(value.map)


def _nasnet(
    name: str, parameters: int, gmacs: float, top1: float, side: int, **options: Any
) -> Architecture:
    return Architecture(
        name=name,
        body=body,
        paper=PAPER,
        about="cells found by search, stacked; without the paper's auxiliary head",
        parameters=parameters,
        source="Keras applications",
        gmacs=gmacs,
        top1=top1,
        input_shape=(side, side, 3),
        smallest=32,
        smallest_with={"small": 8},
        options=options,
    )


nasnet_mobile = _nasnet(
    "nasnet_mobile", 5_326_716, 0.564, 0.744, 224,
    penultimate=1056, cells=4, stem_filters=32, skips=False,
)  # fmt: skip
nasnet_large = _nasnet(
    "nasnet_large", 88_949_818, 23.8, 0.825, 331,
    penultimate=4032, cells=6, stem_filters=96, skips=True,
)  # fmt: skip
