"""Training with masks and sample weights gives what Keras's `fit` gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate import layers
from striate.layers import Input
from striate.models import Model
from tests.contract.keras_parity import numbers
from tests.keras_oracle import keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

RNG = np.random.default_rng(0)
WORDS = RNG.integers(0, 7, (16, 6))
WORDS[:, 4:] = 0
WORDS[:5, 2:] = 0
PER_STEP = RNG.random((16, 6)).astype("float32")

TASKS: dict[str, tuple[Any, ...]] = {
    "softmax": ("sparse_categorical_crossentropy", RNG.integers(0, 3, (16, 6)), 3),
    "sigmoid": ("binary_crossentropy", RNG.integers(0, 2, (16, 6, 1)).astype("float32"), 1),
    "linear": ("mse", RNG.normal(size=(16, 6, 2)).astype("float32"), 2),
}


def tagger(library: Any, entry: Any, model: Any, last: str, units: int) -> Any:
    x = entry((6,), dtype="int64")
    h = library.Embedding(7, 4, mask_zero=True)(x)
    h = library.Bidirectional(library.LSTM(5, return_sequences=True))(h)
    return model(x, library.Dense(units, activation=last)(h))


# Of several batches Keras (on torch) gives other weighted metrics: its loss multiplies the weights
# in place, which the metrics then read. One batch shows the same numbers.
@pytest.mark.parametrize(("weights", "batch"), [(None, 8), (PER_STEP, 16)], ids=["", "weighted"])
@pytest.mark.parametrize("last", TASKS)
def test_fit_equals_keras(last: str, weights: Any, batch: int) -> None:
    loss, y, units = TASKS[last]
    ours = tagger(layers, Input, Model, last, units)
    theirs = tagger(keras.layers, keras.Input, keras.Model, last, units)
    ours.set_weights([numbers(w.value) for w in theirs.weights])
    names = ["accuracy", "mae"] if last == "sigmoid" else ["mse"] if last == "linear" else ["acc"]
    found = []
    for model in (ours, theirs):
        model.compile("sgd", loss, metrics=names, weighted_metrics=names)
        settings = {"batch_size": batch, "verbose": 0, "sample_weight": weights}
        history = model.fit(WORDS, y, epochs=2, shuffle=False, **settings)
        found.append({name: float(values[-1]) for name, values in history.history.items()})
        measured = model.evaluate(WORDS, y, return_dict=True, **settings)
        found[-1] |= {f"then {name}": float(value) for name, value in measured.items()}
    assert found[0] == pytest.approx(found[1], abs=1e-5)
    for a, b in zip(ours.get_weights(), theirs.weights, strict=True):
        np.testing.assert_allclose(a, numbers(b.value), atol=1e-5)
