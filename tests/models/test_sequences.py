"""Networks for sequences as users write them: they learn, and come back from their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from striate import Input, Model, Sequential, layers
from striate.models import load_model
from striate.optimizers import Adam

pytestmark = pytest.mark.torch

RNG = np.random.default_rng(0)


def letters() -> tuple[Model, np.ndarray, np.ndarray]:
    """A captcha of 3 letters, each a bright bar at one of 4 heights."""
    y = RNG.integers(0, 4, (48, 3))
    x = RNG.random((48, 8, 12, 1)).astype("float32") * 0.2
    for n, row in enumerate(y):
        for place, letter in enumerate(row):
            x[n, 2 * letter : 2 * letter + 2, 4 * place : 4 * place + 4] += 1.0
    image = Input((8, 12, 1))
    h = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    h = layers.MaxPooling2D((2, 4))(h)
    h = layers.Reshape((3, 4 * 8))(layers.Permute((2, 1, 3))(h))
    h = layers.Bidirectional(layers.LSTM(16, return_sequences=True, dropout=0.1))(h)
    return Model(image, layers.Dense(4, activation="softmax")(h)), x, y


def film() -> tuple[np.ndarray, np.ndarray]:
    """A dot that moves to the right or to the left."""
    y = RNG.integers(0, 2, 48)
    x = np.zeros((48, 4, 8, 8, 1), dtype="float32")
    for n, label in enumerate(y):
        row, start = RNG.integers(0, 7), RNG.integers(0, 3)
        for t in range(4):
            column = start + t if label else 7 - start - t
            x[n, t, row : row + 2, column] = 1.0
    return x, y


def activity() -> tuple[Model, np.ndarray, np.ndarray]:
    eye = Sequential(
        [
            Input((8, 8, 1)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((8, 1)),
            layers.Flatten(),
        ],
        name="eye",
    )
    x, y = film()
    entry = Input((4, 8, 8, 1))
    h = layers.GRU(16)(layers.TimeDistributed(eye)(entry))
    return Model(entry, layers.Dense(2, activation="softmax")(h)), x, y


def maps() -> tuple[Model, np.ndarray, np.ndarray]:
    x, y = film()
    net = Sequential(
        [
            Input((4, 8, 8, 1)),
            layers.ConvLSTM2D(6, 3, padding="same", return_sequences=True),
            layers.BatchNormalization(),
            layers.ConvLSTM2D(6, 3, padding="same"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    return net, x, y


@pytest.mark.parametrize("network", [letters, activity, maps], ids=lambda f: f.__name__)
def test_learns_and_comes_back(network: object, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x, y = network()  # type: ignore[operator]
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, batch_size=8, epochs=8, verbose=0, seed=1).history
    assert history["loss"][-1] < 0.8 * history["loss"][0]
    model.save(tmp_path / "model.striate")
    again = load_model(tmp_path / "model.striate")
    assert again.graph == model.graph
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
