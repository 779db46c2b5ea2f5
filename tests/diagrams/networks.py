"""Networks as published, to draw: they have branches, shortcuts and many layers."""

from __future__ import annotations

import striate as st
from striate import layers, zoo
from striate.zoo.googlenets import MODULES, inception, plain


def googlenet() -> st.Model:
    return zoo.googlenet()


def one_inception_block() -> st.Model:
    x = st.Input((28, 28, 192), name="image")
    return st.Model(x, inception(x, MODULES["3a"], "3a", plain, five=5))


def nested() -> st.Model:
    """Two models inside a model, one of them inside the other, and one called twice."""
    core = st.Sequential(
        [layers.Conv2D(8, 3, padding="same", input_shape=(16, 16, 8)), layers.ReLU()], name="core"
    )
    x = st.Input((16, 16, 8), name="enters")
    block = st.Model(x, layers.Add(name="sum")([x, core(x)]), name="block")
    image = st.Input((16, 16, 3), name="image")
    y = layers.Conv2D(8, 3, padding="same", name="first")(image)
    y = block(block(y))
    return st.Model(image, layers.Dense(2, name="last")(layers.Flatten(name="flat")(y)))
