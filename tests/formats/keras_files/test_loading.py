"""Weights that the real Keras writes are those that a model written in striate gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings(
        "ignore:__array__ implementation:DeprecationWarning"
    ),  # Keras's own arrays
]


def network(library: Any, inputs: Any, kinds: Any) -> Any:
    """Branches, a nested model, and layers that hold others."""
    x = inputs((12, 12, 3))
    y = kinds.BatchNormalization()(kinds.Conv2D(4, 3, name="a")(x))
    z = kinds.SeparableConv2D(4, 3, padding="same")(kinds.Conv2D(4, 3, name="b")(x))
    inner = [kinds.Conv2D(5, 3), kinds.BatchNormalization(), kinds.Conv2D(5, 3)]
    y = library.Sequential([inputs((10, 10, 4)), *inner])(kinds.Add()([y, z]))
    y = kinds.Reshape((-1, 15))(kinds.Flatten()(y))
    y = kinds.Bidirectional(kinds.LSTM(6, return_sequences=True))(y)
    y = kinds.MultiHeadAttention(2, 4)(y, y)
    y = kinds.TimeDistributed(kinds.Dense(4))(y)
    return library.Model(x, kinds.Dense(2)(kinds.GRU(3)(y)))


@pytest.mark.parametrize("name", ["model.h5", "model.weights.h5", "model.keras", "weights.hdf5"])
def test_weights_of_every_layout_come_in(tmp_path: Path, name: str) -> None:
    theirs = network(keras, keras.Input, keras.layers)
    rng = np.random.default_rng(0)
    for weight in theirs.weights:
        weight.assign(rng.random(weight.shape))
    path = tmp_path / name
    if "weights" in name and not name.startswith("weights"):
        theirs.save_weights(path)
    elif name.startswith("weights"):
        theirs.save_weights(tmp_path / "other.weights.h5")
        (tmp_path / "other.weights.h5").rename(path)
    else:
        theirs.save(path)
    ours = network(st, st.Input, layers)
    ours.load_weights(path)
    x = rng.random((3, 12, 12, 3)).astype("float32")
    np.testing.assert_allclose(
        ours.predict(x, verbose=0), theirs.predict(x, verbose=0), rtol=1e-5, atol=1e-6
    )


def test_a_frozen_layer_inside_a_nested_model_keeps_its_place(tmp_path: Path) -> None:
    def made(library: Any, inputs: Any, kinds: Any) -> Any:
        frozen = kinds.Conv2D(4, 1, trainable=False)
        stack = [inputs((4, 4, 4)), frozen, kinds.BatchNormalization(), kinds.Conv2D(4, 1)]
        inner = library.Sequential(stack)
        x = inputs((4, 4, 4))
        return library.Model(x, inner(x))

    theirs = made(keras, keras.Input, keras.layers)
    rng = np.random.default_rng(0)
    for weight in theirs.weights:
        weight.assign(rng.random(weight.shape))
    theirs.save(tmp_path / "frozen.h5")
    x = rng.random((2, 4, 4, 4)).astype("float32")
    expected = theirs.predict(x, verbose=0)
    ours = made(st, st.Input, layers)
    ours.load_weights(tmp_path / "frozen.h5")
    np.testing.assert_allclose(ours.predict(x, verbose=0), expected, rtol=1e-5)
