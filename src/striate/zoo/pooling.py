"""Pooling as Caffe did it, where several networks of the zoo were first trained."""

from __future__ import annotations

from striate import layers
from striate.zoo.architecture import Map


def hanging_pool(x: Map, name: str) -> Map:
    """3x3 max pooling of stride 2 whose last window may hang over the end, as in Caffe.

    The zeros never win: all values come from a relu.
    """
    x = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"{name}_pad")(x)
    return layers.MaxPooling2D(3, strides=2, name=name)(x)
