"""A compiled model in a file: the real Keras, and striate, go on with the same next step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers, optimizers
from striate.optimizers import schedules
from tests.contract.keras_parity import assert_close, numbers
from tests.formats.keras_writing.parity import opened, randomize

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore:__array__"),  # of Keras's training, with this NumPy
]

RNG = np.random.default_rng(0)
X = RNG.random((8, 6, 6, 2)).astype("float32")
Y = np.eye(3, dtype="float32")[np.arange(8) % 3]

OPTIMIZERS: dict[str, Any] = {
    "SGD": lambda: optimizers.SGD(0.1),
    "momentum": lambda: optimizers.SGD(0.1, momentum=0.9),
    "nesterov": lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "Adam": lambda: optimizers.Adam(0.01),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "averaged": lambda: optimizers.Adam(0.01, use_ema=True),
    "gathered": lambda: optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "RMSprop": lambda: optimizers.RMSprop(0.01),
    "centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "schedule": lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 2, 0.5)),
}
PLAIN = ("Adagrad", "Adadelta", "AdamW", "Adamax", "Nadam", "Ftrl", "Muon", "Lion", "Lamb")


def made(name: str) -> Any:
    if name in OPTIMIZERS:
        return OPTIMIZERS[name]()
    return getattr(optimizers, name)(0.01)


def compiled(optimizer: Any) -> st.Model:
    x = st.Input((6, 6, 2))
    y = layers.Conv2D(4, 3, activation="relu", use_bias=False, name="first")(x)
    y = layers.BatchNormalization()(y)
    inner = [layers.Input((4, 4, 4)), layers.Conv2D(3, 2), layers.GlobalAveragePooling2D()]
    y = layers.Dense(5, trainable=False)(st.Sequential(inner, name="inner")(y))
    model = st.Model(x, layers.Dense(3, activation="softmax")(y))
    randomize(model)
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("steps", [0, 3])
@pytest.mark.parametrize("name", [*OPTIMIZERS, *PLAIN, "Adafactor"])
def test_keras_goes_on_with_the_same_step(name: str, steps: int, tmp_path: Path) -> None:
    model = compiled(made(name))
    for _ in range(steps):
        model.train_on_batch(X, Y)
    theirs = opened(model, tmp_path / "a.keras")
    again = st.load_model(tmp_path / "a.keras")
    for one in (model, theirs, again):
        one.train_on_batch(X, Y)
    values = {"/".join(w.path.split("/")[-2:]): numbers(w.value) for w in theirs.weights}
    for path, weight in model.named_weights():
        short = "/".join(path.split("/")[-2:])
        assert_close(values[short], weight.detach().numpy(), path, 1e-5)
    for ours, mine in zip(model.weights, again.weights, strict=True):
        assert_close(mine.detach().numpy(), ours.detach().numpy(), "again", 1e-6)


@pytest.mark.parametrize("name", ["momentum", "Adam", "RMSprop"])
def test_striate_goes_on_from_an_h5_and_keras_can_train_it(name: str, tmp_path: Path) -> None:
    model = compiled(made(name))
    model.train_on_batch(X, Y)
    theirs = opened(model, tmp_path / "a.h5")
    theirs.train_on_batch(X, Y)  # with a fresh optimizer: Keras gives none its state from an .h5
    again = st.load_model(tmp_path / "a.h5")
    for one in (model, again):
        one.train_on_batch(X, Y)
    assert again.optimizer._iterations == 2
    for ours, mine in zip(model.weights, again.weights, strict=True):
        assert_close(mine.detach().numpy(), ours.detach().numpy(), "again", 1e-6)


def test_without_the_optimizer_a_file_does_not_say_how_it_was_compiled(tmp_path: Path) -> None:
    model = compiled("adam")
    model.save(tmp_path / "a.keras", include_optimizer=False)
    assert st.load_model(tmp_path / "a.keras").optimizer is None


def test_losses_and_metrics_come_back(tmp_path: Path) -> None:
    model = compiled("adam")
    loss = st.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile("adam", loss, metrics=["accuracy", st.metrics.AUC(num_thresholds=10)])
    theirs = opened(model, tmp_path / "a.keras")
    ours = model.evaluate(X, Y, verbose=0)
    assert_close(theirs.evaluate(X, Y, verbose=0), ours, "results", 1e-5)
