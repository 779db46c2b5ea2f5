"""A model through a file into the real Keras: what it holds and gives there."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

import striate as st
from striate.graph import Symbol
from tests.contract.cases import Case
from tests.contract.keras_parity import TOLERANCE, assert_close, many, numbers
from tests.keras_oracle import keras


def model_of(case: Case, inputs: list[np.ndarray]) -> st.Model:
    """A model of one layer, built with random weights."""
    entries = [st.Input(batch_shape=(None, *x.shape[1:]), dtype=str(x.dtype)) for x in inputs]
    made = [y for y in many(case.call(case.make(), entries)) if isinstance(y, Symbol)]
    model = st.Model(entries, made)
    randomize(model)
    return model


def randomize(model: st.Model, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    values = []
    for name, weight in model.named_weights():
        value = 0.3 * rng.normal(size=tuple(weight.shape)).astype("float32")
        values.append(np.abs(value) + 0.1 if "variance" in name else value)
    model.set_weights(values)


def opened(model: st.Model, path: Path, **settings: Any) -> Any:
    """The model as the real Keras opens it from a file."""
    model.save(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of layers that have nothing to load
        return keras.models.load_model(path, **settings)


def same_outputs(
    model: st.Model, theirs: Any, inputs: list[np.ndarray], tolerance: float = TOLERANCE
) -> None:
    """Raises AssertionError at the first difference."""
    ours = many(model(inputs if len(inputs) > 1 else inputs[0]))
    given = [keras.ops.convert_to_tensor(x) for x in inputs]
    made = many(theirs(given if len(given) > 1 else given[0], training=False))
    assert len(ours) == len(made)
    for i, (a, b) in enumerate(zip(ours, made, strict=True)):
        assert_close(numbers(a), numbers(b), f"output {i}", tolerance)
