"""LeNet-5: the network that read cheques, as published in 1998 and as it is written today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from striate import layers
from striate.ops import initializers
from striate.zoo.architecture import Architecture, Map

PAPER = (
    "LeCun, Bottou, Bengio and Haffner (1998), Gradient-Based Learning Applied to Document "
    "Recognition, Proceedings of the IEEE 86, https://doi.org/10.1109/5.726791"
)

# Table 1 of the paper: which of the six maps of S2 each of the sixteen maps of C3 reads.
THREES = tuple(tuple((i + j) % 6 for j in range(3)) for i in range(6))
FOURS = tuple(tuple((i + j) % 6 for j in range(4)) for i in range(6))
APART = ((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5))
TABLE: tuple[tuple[int, ...], ...] = (*THREES, *FOURS, *APART, tuple(range(6)))


def scaled_tanh(x: Map, name: str) -> Map:
    """1.7159 tanh(2/3 x): the paper's squashing function."""
    x = layers.Activation("tanh", name=f"{name}_tanh")(x * (2 / 3))
    return x * 1.7159


def subsampling(x: Map, name: str) -> Map:
    """Sum of 2x2 values, times a trainable coefficient per map, plus a trainable bias."""
    x = layers.AveragePooling2D(2, name=f"{name}_mean")(x) * 4.0
    # A 1x1 convolution within each channel is such a coefficient and bias.
    return scaled_tanh(layers.DepthwiseConv2D(1, name=name)(x), name)


def table_convolution(x: Map, table: Sequence[Sequence[int]], name: str) -> Map:
    """5x5 convolution in which each map reads the maps of its row of the table only."""
    maps = []
    for number, row in enumerate(table):
        parts = [x[..., i : i + 1] for i in row]
        seen = layers.Concatenate(name=f"{name}_{number}_reads")(parts) if len(row) < 6 else x
        maps.append(layers.Conv2D(1, 5, name=f"{name}_{number}")(seen))
    return layers.Concatenate(name=name)(maps)


def body(image: Map) -> Map:
    """Figure 2 of the paper: 32 px to (1, 1, 120)."""
    x = scaled_tanh(layers.Conv2D(6, 5, name="c1")(image), "c1")
    x = subsampling(x, "s2")
    x = scaled_tanh(table_convolution(x, TABLE, "c3"), "c3")
    x = subsampling(x, "s4")
    return scaled_tanh(layers.Conv2D(120, 5, name="c5")(x), "c5")


# The digits as 7x12 pictures, drawn after the paper's figure 3: targets of the 84 units of F6.
BITMAPS = {
    0: "..###..|.#...#.|#.....#|#.....#|#.....#|#.....#|#.....#|#.....#|#.....#|.#...#.|..###..",
    1: "...#...|..##...|.#.#...|...#...|...#...|...#...|...#...|...#...|...#...|...#...|.#####.",
    2: ".#####.|#.....#|......#|......#|.....#.|....#..|...#...|..#....|.#.....|#......|#######",
    3: "#######|.....#.|....#..|...#...|..####.|......#|......#|......#|......#|#.....#|.#####.",
    4: "....#..|...##..|...##..|..#.#..|..#.#..|.#..#..|.#..#..|#######|....#..|....#..|....#..",
    5: "#######|#......|#......|#......|######.|......#|......#|......#|......#|#.....#|.#####.",
    6: "..####.|.#.....|#......|#......|#.####.|##....#|#.....#|#.....#|#.....#|.#....#|..####.",
    7: "#######|......#|.....#.|.....#.|....#..|....#..|...#...|...#...|..#....|..#....|..#....",
    8: ".#####.|#.....#|#.....#|#.....#|.#####.|#.....#|#.....#|#.....#|#.....#|#.....#|.#####.",
    9: ".#####.|#.....#|#.....#|#.....#|#....##|.####.#|......#|......#|......#|.....#.|.####..",
}


def codes(classes: int) -> np.ndarray[Any, Any]:
    """Targets of F6, (84, classes), of -1 and 1: pictures of ten digits, random beyond them."""
    drawn = np.random.default_rng(1998).choice([-1.0, 1.0], size=(84, max(classes, 10)))
    for digit, text in BITMAPS.items():
        rows = text.replace("|", "") + "." * 7
        drawn[:, digit] = [1.0 if sign == "#" else -1.0 for sign in rows]
    return drawn[:, :classes].astype("float32")


def rbf_head(x: Map, classes: int, activation: Any) -> Map:
    """F6, then minus the squared distance of its 84 values from each class's code.

    sum (x - w)^2 = sum x^2 - 2 x w + 84, because every w is -1 or 1; the codes are not trained.
    """
    x = layers.Flatten(name="flatten")(x)
    x = scaled_tanh(layers.Dense(84, name="f6")(x), "f6")
    near = layers.Dense(
        classes,
        use_bias=False,
        trainable=False,
        kernel_initializer=initializers.Constant(codes(classes)),
        name="codes",
    )(x)
    energy = layers.Dot(axes=1, name="energy")([x, x])
    distance = energy - near * 2.0 + 84.0
    return layers.Activation(activation or "linear", name="predictions")(distance * -1.0)


def modern(image: Map) -> Map:
    """As it is written today: tanh, mean pooling, every map reads all maps."""
    x = layers.Conv2D(6, 5, padding="same", activation="tanh", name="c1")(image)
    x = layers.AveragePooling2D(2, name="s2")(x)
    x = layers.Conv2D(16, 5, activation="tanh", name="c3")(x)
    return layers.AveragePooling2D(2, name="s4")(x)


def modern_head(x: Map, classes: int, activation: Any) -> Map:
    """120, 84, classes."""
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(120, activation="tanh", name="c5")(x)
    x = layers.Dense(84, activation="tanh", name="f6")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


lenet5 = Architecture(
    name="lenet5",
    body=body,
    head=rbf_head,
    paper=PAPER,
    about="as published: trainable subsampling, partly connected C3, distances to drawn digits",
    parameters=60_000,
    source="the paper's section II.B",
    counted="trainable",
    data="MNIST",
    top1=0.9905,
    input_shape=(32, 32, 1),
    classes=10,
)
lenet5_modern = Architecture(
    name="lenet5_modern",
    body=modern,
    head=modern_head,
    paper=PAPER,
    about="the form of tutorials: 28 px, full connections, mean pooling, softmax",
    parameters=61_706,
    source="counted: 156 + 2,416 + 48,120 + 10,164 + 850",
    data="MNIST",
    input_shape=(28, 28, 1),
    smallest=12,
    classes=10,
)
