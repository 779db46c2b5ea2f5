"""Random networks with branches, for comparing plans with the plain execution."""

from __future__ import annotations

import random
from typing import Any

import striate as st
from striate import layers

ACTIVATIONS = ("relu", "leaky_relu", "elu", "tanh", "gelu", "silu", "softmax", None, "relu6")


def random_model(seed: int) -> st.Model:
    """A network of 6 to 14 layers on (8, 8, 3), with branches that share values."""
    draw = random.Random(seed)
    st.set_seed(seed)
    x = st.Input((8, 8, 3))
    values: list[Any] = [layers.Rescaling(0.5, offset=draw.choice((0.0, -1.0)))(x)]
    for _ in range(draw.randint(6, 14)):
        values.append(grown(draw, values))
    ends = [layers.GlobalAveragePooling2D()(v) for v in values[-2:]]
    return st.Model(x, layers.Dense(5, activation="softmax")(layers.Concatenate()(ends)))


def grown(draw: random.Random, values: list[Any]) -> Any:
    """One more value; now and then from one that others read, too."""
    x = values[-1] if draw.random() < 0.7 else draw.choice(values)
    activation = draw.choice(ACTIVATIONS)
    height = x.shape[1]
    made = {
        "conv": lambda: layers.Conv2D(
            draw.choice((2, 4)),
            draw.choice((1, 3)),
            padding="same",
            activation=activation,
            activity_regularizer=draw.choice((None, None, "l2")),
        )(x),
        "conv, normalised": lambda: layers.BatchNormalization()(
            layers.Conv2D(3, 3, padding="same", use_bias=draw.random() < 0.5)(x)
        ),
        "activation": lambda: layers.Activation(activation or "linear")(x),
        "relu": lambda: layers.ReLU(
            max_value=draw.choice((None, 0.5)), negative_slope=draw.choice((0.0, 0.1))
        )(x),
        "elu": lambda: layers.ELU(0.7)(x),
        "padding": lambda: layers.ZeroPadding2D(draw.choice((0, 1, ((1, 0), (0, 1)))))(x),
        "padded conv": lambda: layers.Conv2D(2, 3, activation=activation)(
            layers.ZeroPadding2D(draw.choice((1, 2)))(layers.ZeroPadding2D((1, 0))(x))
        ),
        "dropout": lambda: layers.Dropout(0.3, seed=3)(x),
        "sum": lambda: layers.Add()([x, layers.Conv2D(x.shape[-1], 1, activation="relu")(x)]),
        "pooling": lambda: (
            layers.MaxPooling2D(2, strides=draw.choice((1, 2)), padding="same")(x)
            if height > 1
            else x
        ),
    }
    return made[draw.choice(sorted(made))]()
