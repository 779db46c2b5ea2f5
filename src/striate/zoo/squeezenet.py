"""SqueezeNet: AlexNet's accuracy with a fiftieth of its weights."""

from __future__ import annotations

from functools import partial
from typing import Any

from striate import layers
from striate.zoo.architecture import Architecture, Map, map_head
from striate.zoo.pooling import hanging_pool

PAPER = (
    "Iandola et al. (2016), SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and "
    "<0.5MB model size, https://arxiv.org/abs/1602.07360"
)


def fire(x: Map, squeeze: int, expand: int, name: str) -> Map:
    """1x1 to few channels, then 1x1 and 3x3 side by side."""
    x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze")(x)
    one = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_expand1x1")(x)
    three = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"{name}_expand3x3")(x)
    return layers.Concatenate(name=f"{name}_concat")([one, three])


# (squeeze, expand) of fire2 to fire9.
FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))


def body(
    image: Map, first: tuple[int, int], pools_after: tuple[int, ...], stem: str = "imagenet"
) -> Map:
    """A convolution (filters, size) of stride 2, then eight fire modules, some pooled before.

    `stem`: "small" is a 3x3 convolution of stride 1 without a pooling after it.
    """
    small = stem == "small"
    size, strides, padding = (3, 1, "same") if small else (first[1], 2, "valid")
    x = layers.Conv2D(
        first[0], size, strides=strides, padding=padding, activation="relu", name="conv1"
    )(image)
    for number, (squeeze, expand) in enumerate(FIRES, 2):
        if number - 1 in pools_after and not (small and number == 2):
            x = hanging_pool(x, f"pool{number - 1}")
        x = fire(x, squeeze, expand, f"fire{number}")
    return layers.Dropout(0.5, name="drop9")(x)


def _squeezenet(
    name: str, parameters: int, gmacs: float, top1: float, about: str, **options: Any
) -> Architecture:
    return Architecture(
        name=name,
        body=body,
        head=partial(map_head, name="conv10"),
        paper=PAPER,
        about=about,
        parameters=parameters,
        source="torchvision",
        gmacs=gmacs,
        top1=top1,
        smallest_with={"small": 4},
        options=options,
    )


squeezenet1_0 = _squeezenet(
    "squeezenet1_0",
    1_248_424,
    0.82,
    0.5809,
    "the paper's network; its table shows the maps of 227 px",
    first=(96, 7),
    pools_after=(1, 4, 8),
)
squeezenet1_1 = _squeezenet(
    "squeezenet1_1",
    1_235_496,
    0.35,
    0.5818,
    "the authors' later form: pools earlier, less than half the work",
    first=(64, 3),
    pools_after=(1, 3, 5),
)
