"""The networks of the guide, with their published numbers of parameters."""

from __future__ import annotations

from collections.abc import Callable

from striate import Sequential, layers


def three_of_32() -> Sequential:
    return Sequential(
        [
            layers.Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Conv2D(32, (3, 3), activation="relu"),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def three_of_32_strided() -> Sequential:
    def conv(**kwargs: object) -> layers.Layer:
        return layers.Conv2D(32, 3, strides=2, padding="same", activation="relu", **kwargs)

    return Sequential(
        [
            conv(input_shape=(28, 28, 1)),
            conv(),
            conv(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def digits() -> Sequential:
    return Sequential(
        [
            layers.Rescaling(1 / 255, input_shape=(28, 28, 1)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Conv2D(128, (3, 3), activation="relu"),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


def deep() -> Sequential:
    model = Sequential([layers.Input((28, 28, 1))])
    model.add(layers.Conv2D(64, 7, padding="same", activation="relu"))
    model.add(layers.MaxPooling2D())
    for filters in (128, 256):
        for _ in range(2):
            model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    for units in (128, 64):
        model.add(layers.Dense(units, activation="relu"))
        model.add(layers.Dropout(0.5))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def two_of_16() -> Sequential:
    return Sequential(
        [
            layers.Conv2D(16, 3, padding="same", activation="relu", input_shape=(28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )


NETWORKS: list[tuple[Callable[[], Sequential], int]] = [
    (three_of_32, 514_794),
    (three_of_32_strided, 85_770),
    (digits, 260_298),
    (deep, 1_413_834),
    (two_of_16, 203_898),
]
