"""`fit(recipe=...)` as a user calls it."""

from __future__ import annotations

import numpy as np
import pytest

import striate as st
from striate import layers
from striate.errors import ArgumentError, NotCompiledError

pytestmark = pytest.mark.torch


def bars(count: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Images of 8 px with a bar at one of four heights, which is their class, in noise."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, count)
    x = rng.normal(0, 0.5, (count, 8, 8, 1)).astype(np.float32)
    x[np.arange(count)[:, None], (2 * y)[:, None], np.arange(8)] += 1.0
    return x, y


def model(end: str = "softmax") -> st.Sequential:
    st.set_seed(0)
    return st.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(8, 3),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(4, activation=end),
        ]
    )


def test_a_model_that_was_not_compiled_learns() -> None:
    x, y = bars()
    made = model()
    history = made.fit(x, y, epochs=6, recipe="fast", verbose=0, seed=0)
    assert history.history["accuracy"][-1] > 0.95
    assert made.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.95


def test_labels_in_rows_find_their_loss() -> None:
    x, y = bars(64)
    made = model()
    made.fit(x, np.eye(4)[y], epochs=1, recipe="fast", verbose=0)
    assert made.loss.name == "categorical_crossentropy"


def test_what_was_compiled_stays() -> None:
    x, y = bars(256)
    made = model()
    made.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    optimizer = made.optimizer
    recipe = st.Recipe(label_smoothing=0.1)
    history = made.fit(x, y, batch_size=64, epochs=2, recipe=recipe, verbose=0)
    assert set(history.history) == {"accuracy", "loss"}
    assert made.optimizer is optimizer
    assert optimizer.iterations == 0
    assert made.loss.label_smoothing == 0.0


def test_the_same_seed_gives_the_same_weights() -> None:
    x, y = bars(128)
    ends = []
    for _ in range(2):
        made = model()
        made.fit(x, y, epochs=2, recipe=st.Recipe(flip=True, shift=1), verbose=0, seed=4)
        ends.append(made.get_weights())
    assert all((a == b).all() for a, b in zip(*ends, strict=True))


def test_data_of_unknown_length_are_refused() -> None:
    x, y = bars(8)
    made = model()
    made.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ArgumentError) as error:
        made.fit((batch for batch in [(x, y)]), recipe="fast", verbose=0)
    assert str(error.value) == (
        "fit (recipe): the data do not say how many batches an epoch has. Expected a number, "
        "because the learning rate ends at zero after the last step. Give steps_per_epoch."
    )


def test_a_model_whose_end_says_no_loss_must_be_compiled() -> None:
    x, y = bars(8)
    with pytest.raises(NotCompiledError):
        model("linear").fit(x, y, recipe="fast", verbose=0)
