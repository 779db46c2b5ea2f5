"""Graphs that the real Keras writes now: shared and nested models, operations, masks, orders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras's own, with NumPy 2
]
L, ops = keras.layers, keras.ops
IMAGE = (8, 8, 3)


def shared() -> Any:
    x, conv = keras.Input(IMAGE), L.Conv2D(3, 3, padding="same")
    y = conv(conv(x))
    return keras.Model(x, [y, conv(y)])


def nested() -> Any:
    x = keras.Input(IMAGE)
    stack = [L.Input(IMAGE), L.Conv2D(3, 3, padding="same"), L.BatchNormalization()]
    chain = keras.Sequential(stack)
    inner = keras.Model(x, chain(chain(x)))
    x = keras.Input(IMAGE)
    return keras.Model(x, inner(inner(x), training=False))


def nested_at_the_end_twice() -> Any:
    x = keras.Input(IMAGE)
    inner = keras.Model(x, L.Conv2D(3, 3, padding="same")(x))
    x = keras.Input(IMAGE)
    return keras.Model(x, [inner(x), inner(inner(x))])


def operations() -> Any:
    x = keras.Input(IMAGE)
    y = L.Conv2D(4, 3)(x) * 2.0 + 1.0
    z = (1.0 - ops.relu(y) + y)[:, 1:-1, ::2]
    return keras.Model(x, ops.concatenate([z, abs(z)], -1))


def masked() -> Any:
    x = keras.Input((7,))
    return keras.Model(x, L.LSTM(5)(L.Embedding(10, 4, mask_zero=True)(x)))


def merged_masks() -> Any:
    x = keras.Input((7,))
    y = L.Embedding(10, 4, mask_zero=True)(x)
    both = [y, L.Dense(4)(y)]
    return keras.Model(x, [L.LSTM(5)(L.Multiply()(both)), L.LSTM(5)(L.Concatenate()(both))])


def chained_activations() -> Any:
    x = keras.Input(IMAGE)
    y = L.Conv2D(4, 3, activation=L.LeakyReLU(0.1))(x)
    y = L.Dense(3, activation=keras.activations.hard_sigmoid)(y)
    return keras.Model(x, L.Conv2D(2, 1, activation=L.ReLU(0.5))(y))


def several_inputs() -> Any:
    a, b = keras.Input((4,), name="a"), keras.Input((5,), name="b")
    return keras.Model([a, b], L.Concatenate()([L.Dense(3)(a), L.Dense(4)(b)]))


def statistics() -> Any:
    first = L.Normalization()
    first.adapt(np.random.default_rng(0).random((20, *IMAGE)))
    scaled = L.Rescaling([1.0, 2.0, 3.0], [0.0, 1.0, 2.0])
    return keras.Sequential([L.Input(IMAGE), first, scaled, L.Conv2D(2, 3)])


def channels_first() -> Any:
    keras.config.set_image_data_format("channels_first")
    try:
        x = keras.Input((3, 8, 8))
        y = L.BatchNormalization(axis=1)(L.Conv2D(4, 3, activation="relu")(x))
        y = L.Conv2DTranspose(2, 3, strides=2)(L.MaxPooling2D()(y))
        return keras.Model(x, L.Dense(3)(L.Flatten()(y)))
    finally:
        keras.config.set_image_data_format("channels_last")


def of_keras_applications() -> Any:
    base = keras.applications.MobileNetV2(input_shape=(32, 32, 3), weights=None, classes=5)
    x = keras.Input((32, 32, 3))
    return keras.Model(x, L.Dense(2)(base(x, training=False)))


MODELS: list[Callable[[], Any]] = [
    shared,
    nested,
    nested_at_the_end_twice,
    operations,
    masked,
    merged_masks,
    chained_activations,
    several_inputs,
    statistics,
    channels_first,
    of_keras_applications,
]


def many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("make", MODELS, ids=lambda m: m.__name__)
def test_a_graph_comes_back(make: Callable[[], Any], ending: str, tmp_path: Path) -> None:
    theirs = make()
    rng = np.random.default_rng(0)
    for weight in theirs.weights:
        if weight.dtype == "float32" and "mean" not in weight.name:
            weight.assign(rng.random(weight.shape) * 0.2)
    path = tmp_path / f"model{ending}"
    theirs.save(path)
    ours = st.load_model(path)
    x = [rng.integers(0, 3, (4, *i.shape[1:])).astype("float32") for i in theirs.inputs]
    given = x if len(x) > 1 else x[0]
    found, expected = many(ours.predict(given, verbose=0)), many(theirs.predict(given, verbose=0))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * max(1.0, float(np.abs(b).max())))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_training_goes_on_where_it_was(ending: str, tmp_path: Path) -> None:
    theirs = keras.Sequential([L.Input((6,)), L.Dense(5, "relu"), L.Dense(1)])
    theirs.compile(keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    rng = np.random.default_rng(0)
    x, y = rng.random((16, 6)).astype("float32"), rng.random((16, 1)).astype("float32")
    theirs.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    theirs.save(tmp_path / f"model{ending}")
    ours = st.load_model(tmp_path / f"model{ending}")
    for model in (theirs, ours):
        model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    assert int(ours.optimizer.iterations) == 10
    np.testing.assert_allclose(
        ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-4, atol=1e-5
    )
    assert set(ours.evaluate(x, y, verbose=0, return_dict=True)) == {"loss", "mae"}
