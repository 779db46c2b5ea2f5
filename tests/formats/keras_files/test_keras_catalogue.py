"""Every layer of Keras's, in files that the real Keras writes now, comes back with its outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import keras_layer, many, numbers
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras's own, with NumPy 2
]

# Layers that no file of Keras 3 can hold, and why.
LEFT_OUT = {
    "StackedRNNCells": "a cell, which Keras takes inside of RNN only",
    "LSTMCell": "a cell",
    "GRUCell": "a cell",
    "SimpleRNNCell": "a cell",
}
# Layers that Keras itself cannot write into an .h5 file.
NOT_IN_H5 = {
    "RandomBrightness",
    "RandomSaturation",
    "RandomColorDegeneration",
    "RandomSharpness",
    "RandomPosterization",
    "Solarization",
}
KERAS = [c for c in CASES if c.keras and c.layer not in LEFT_OUT]


def written(case: Case) -> Any:
    """Keras's model of one layer, with weights that are not those it began with."""
    inputs: Any = [
        keras.Input(shape, dtype=str(x.dtype))
        for shape, x in zip(case.shapes, case.inputs(), strict=True)
    ]
    made = many(case.call(keras_layer(case.layer, case.arguments), inputs))
    model = keras.Model(inputs if len(inputs) > 1 else inputs[0], made)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if weight.dtype == "float32":
            weight.assign(rng.random(weight.shape) + 0.1)
    return model


def comes_back(case: Case, path: Path) -> None:
    theirs = written(case)
    theirs.save(path)
    ours = st.load_model(path)
    x = case.inputs(seed=1)
    expected = [numbers(y) for y in many(theirs(x if len(x) > 1 else x[0], training=False))]
    found = [numbers(y) for y in many(ours(x if len(x) > 1 else x[0]))]
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        scale = max(1.0, float(np.abs(b.astype("float64")).max()))
        np.testing.assert_allclose(a, b, rtol=0, atol=2e-5 * scale)


FIRST = {case.layer: case for case in reversed(KERAS)}  # one of each layer in every run


@pytest.mark.filterwarnings("ignore:The structure of")  # Keras: [x] where its model takes x
@pytest.mark.parametrize("name", sorted(FIRST))
def test_a_layer_comes_back(name: str, tmp_path: Path) -> None:
    comes_back(FIRST[name], tmp_path / "model.keras")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The structure of")
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize("case", KERAS, ids=str)
def test_every_case_comes_back(case: Case, ending: str, tmp_path: Path) -> None:
    if ending == ".h5" and case.layer in NOT_IN_H5:
        pytest.skip("Keras cannot write this layer into an .h5 file")
    comes_back(case, tmp_path / f"model{ending}")
