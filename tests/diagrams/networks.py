"""Networks as published, to draw: they have branches, shortcuts and many layers."""

from __future__ import annotations

from typing import Any

import striate as st
from striate import layers

# Inception blocks of GoogLeNet: 1x1, 3x3 with what reduces it, 5x5 likewise, after pooling
BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def conv(x: Any, filters: int, size: int, name: str, **more: Any) -> Any:
    return layers.Conv2D(filters, size, padding="same", activation="relu", name=name, **more)(x)


def inception(x: Any, name: str) -> Any:
    one, reduce3, three, reduce5, five, after = BLOCKS[name]
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    return layers.Concatenate(name=f"{name}_output")(
        [
            conv(x, one, 1, f"{name}_1x1"),
            conv(conv(x, reduce3, 1, f"{name}_3x3_reduce"), three, 3, f"{name}_3x3"),
            conv(conv(x, reduce5, 1, f"{name}_5x5_reduce"), five, 5, f"{name}_5x5"),
            conv(pooled, after, 1, f"{name}_pool_proj"),
        ]
    )


def halved(x: Any, name: str) -> Any:
    return layers.MaxPooling2D(3, strides=2, padding="same", name=name)(x)


def googlenet() -> st.Model:
    image = st.Input((224, 224, 3), name="image")
    x = halved(conv(image, 64, 7, "conv1", strides=2), "pool1")
    x = halved(conv(conv(x, 64, 1, "conv2_reduce"), 192, 3, "conv2"), "pool2")
    for name in BLOCKS:
        x = inception(x, name)
        if name in ("3b", "4e"):
            x = halved(x, f"{name}_down")
    x = layers.Dropout(0.4, name="dropout")(layers.GlobalAveragePooling2D(name="means")(x))
    return st.Model(image, layers.Dense(1000, activation="softmax", name="classes")(x))


def one_inception_block() -> st.Model:
    x = st.Input((28, 28, 192), name="image")
    return st.Model(x, inception(x, "3a"))


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
