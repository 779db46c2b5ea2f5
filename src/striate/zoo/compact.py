"""Small networks: one of speed records, one of lessons, one for faces, one for a first result."""

from __future__ import annotations

from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map


def _conv(x: Map, filters: int, name: str, pool: bool = False) -> Map:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
    # Pooling before relu gives the same values from a quarter of the work.
    x = layers.MaxPooling2D(2, name=f"{name}_pool")(x) if pool else x
    return layers.ReLU(name=f"{name}_relu")(x)


def _with_shortcut(x: Map, name: str) -> Map:
    filters = x.shape[-1]
    y = _conv(_conv(x, filters, f"{name}_1"), filters, f"{name}_2")
    return layers.Add(name=f"{name}_add")([x, y])


def nine(image: Map) -> Map:
    """Four convolutions that double the channels, two pairs with a shortcut."""
    x = _conv(image, 64, "prep")
    x = _with_shortcut(_conv(x, 128, "layer1", pool=True), "layer1_residual")
    x = _conv(x, 256, "layer2", pool=True)
    return _with_shortcut(_conv(x, 512, "layer3", pool=True), "layer3_residual")


def nine_head(x: Map, classes: int, activation: Any) -> Map:
    """The largest value of each map, one Dense layer, scaled by an eighth."""
    x = layers.GlobalMaxPooling2D(name="max_pool")(x)
    x = layers.Dense(classes, use_bias=False, name="scores")(x) * 0.125
    return layers.Activation(activation or "linear", name="predictions")(x)


def explained(image: Map) -> Map:
    """Twice two convolutions of ten maps and a pooling."""
    x = image
    for block in (1, 2):
        for i in (1, 2):
            name = f"conv_{block}_{i}"
            x = layers.Conv2D(10, 3, activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, name=f"max_pool_{block}")(x)
    return x


def flat_head(x: Map, classes: int, activation: Any) -> Map:
    """Flatten and one Dense layer."""
    x = layers.Flatten(name="flatten")(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


def meso(image: Map) -> Map:
    """Four convolutions, each pooled: 256 px to (8, 8, 16)."""
    x = image
    for i, (filters, size, pool) in enumerate(((8, 3, 2), (8, 5, 2), (16, 5, 2), (16, 5, 4)), 1):
        x = layers.Conv2D(filters, size, padding="same", activation="relu", name=f"conv{i}")(x)
        x = layers.BatchNormalization(name=f"conv{i}_bn")(x)
        x = layers.MaxPooling2D(pool, padding="same", name=f"pool{i}")(x)
    return x


def meso_head(x: Map, classes: int, activation: Any) -> Map:
    """Sixteen units between two dropouts; a sigmoid if there is one class."""
    x = layers.Dropout(0.5, name="drop1")(layers.Flatten(name="flatten")(x))
    x = layers.LeakyReLU(0.1, name="leaky")(layers.Dense(16, name="fc")(x))
    x = layers.Dropout(0.5, name="drop2")(x)
    activation = "sigmoid" if classes == 1 and activation == "softmax" else activation
    return layers.Dense(classes, activation=activation, name="predictions")(x)


LEAST_SIDE_PX = 4
"""Maps this small are not halved again by `small`."""

FLATTENED_SIDE_PX = 8
"""Maps larger than this are averaged at its end: a Dense layer over all of them would be huge."""


def small_blocks(side: int | None) -> list[layers.Layer]:
    """One to three times convolution 3x3, batch normalization, pooling, as the image allows.

    Args:
        side: the smaller one of the image, in pixels; None: large enough.
    """
    found: list[layers.Layer] = []
    left = 2 * FLATTENED_SIDE_PX**2 if side is None else side
    for filters in (32, 64, 128):
        # Keras's momentum of 0.99 needs thousands of steps, which few images do not give.
        found += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
        ]
        if left >= LEAST_SIDE_PX:
            found.append(layers.MaxPooling2D(2))
            left //= 2
        if left < LEAST_SIDE_PX:
            break
    return found


def small_end(side: int | None) -> list[layers.Layer]:
    """What stands between the last map and the scores.

    Args:
        side: of the last map, in pixels.
    """
    large = side is None or side > FLATTENED_SIDE_PX
    flat = layers.GlobalAveragePooling2D() if large else layers.Flatten()
    return [flat, layers.Dropout(0.5), layers.Dense(64, activation="relu")]


def _side(x: Map) -> int | None:
    sides = x.shape[1:3]
    return None if None in sides else min(sides)


def sized(image: Map) -> Map:
    """The blocks that the image allows: 32 px to (4, 4, 128)."""
    x = image
    for layer in small_blocks(_side(image)):
        x = layer(x)
    return x


def sized_head(x: Map, classes: int, activation: Any) -> Map:
    """Flattened, or averaged if it is large, 64 units behind a dropout, the scores."""
    for layer in small_end(_side(x)):
        x = layer(x)
    return layers.Dense(classes, activation=activation, name="predictions")(x)


resnet9 = Architecture(
    name="resnet9",
    body=nine,
    head=nine_head,
    paper="Page (2018), How to Train Your ResNet, https://myrtle.ai/how-to-train-your-resnet/",
    about="for CIFAR-10 against the clock: 94 % in 24 epochs",
    parameters=6_573_120,
    source="the author's articles give 6.6 million",
    counted="trainable",
    data="CIFAR-10",
    top1=0.94,
    input_shape=(32, 32, 3),
    smallest=8,
    classes=10,
)
tiny_vgg = Architecture(
    name="tiny_vgg",
    body=explained,
    head=flat_head,
    paper="Wang et al. (2020), CNN Explainer: Learning Convolutional Neural Networks with "
    "Interactive Visualization, https://arxiv.org/abs/2004.15004",
    about="small enough to look at every map",
    parameters=19_920,
    source="counted from the paper's figure 1",
    data="Tiny ImageNet, ten classes",
    input_shape=(64, 64, 3),
    smallest=16,
    classes=10,
)
meso4 = Architecture(
    name="meso4",
    body=meso,
    head=meso_head,
    paper="Afchar, Nozick, Yamagishi and Echizen (2018), MesoNet: a Compact Facial Video Forgery "
    "Detection Network, https://arxiv.org/abs/1809.00888",
    about="tells forged faces from real ones",
    parameters=27_977,
    source="the paper's figure 2",
    counted="trainable",
    data="Deepfake faces",
    top1=0.891,
    input_shape=(256, 256, 3),
    classes=1,
)
small = Architecture(
    name="small",
    body=sized,
    head=sized_head,
    paper="LeCun et al. (1998), Gradient-Based Learning Applied to Document Recognition, whose "
    "plan it follows, with Ioffe and Szegedy's batch normalization, https://arxiv.org/abs/1502.03167",
    about="the first network of `striate train`: sized to its images",
    parameters=225_706,
    source="striate's own",
    data="any small images",
    input_shape=(32, 32, 3),
    smallest=1,
    classes=10,
)
