"""Recurrent layers over random configurations, against the real Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate import layers
from striate.errors import StriateError
from tests.contract.cases.case import Case, Inner

pytestmark = [pytest.mark.torch, pytest.mark.keras]

CELLS = ("SimpleRNN", "LSTM", "GRU")


def flags(rng: np.random.Generator) -> dict[str, Any]:
    names = ("return_sequences", "return_state", "go_backwards", "use_bias")
    return {name: bool(rng.random() < 0.5) for name in names}


def vectors(rng: np.random.Generator, name: str) -> dict[str, Any]:
    """Arguments of a layer of vectors."""
    found = {"units": int(rng.integers(1, 6)), **flags(rng)}
    found["activation"] = str(rng.choice(["tanh", "relu", "sigmoid", "softsign"]))
    if name != "SimpleRNN":
        found["recurrent_activation"] = str(rng.choice(["sigmoid", "hard_sigmoid", "tanh"]))
    if rng.random() < 0.5:  # what torch's kernels can do
        found["activation"] = "tanh"
        found |= {} if name == "SimpleRNN" else {"recurrent_activation": "sigmoid"}
    if name == "GRU":
        found["reset_after"] = bool(rng.random() < 0.6)
    found["zero_output_for_mask"] = bool(rng.random() < 0.3)
    return found


def a_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    name = str(rng.choice(CELLS))
    arguments = vectors(rng, name)
    steps = (int(rng.integers(1, 8)), int(rng.integers(1, 5)))
    names, shapes = ["sequences"], [steps]
    both = rng.random() < 0.3
    if rng.random() < 0.4:
        count = (2 if name == "LSTM" else 1) * (2 if both else 1)
        names += ["initial_state"] * count
        shapes += [(arguments["units"],)] * count
    if rng.random() < 0.4:
        names.append("mask")
        shapes.append(steps[:1])
    if both:
        mode = rng.choice(["concat", "sum", "ave", "mul"])
        arguments["go_backwards"] = False  # Keras cannot turn a layer around that is turned around
        arguments = {"layer": Inner(name, arguments), "merge_mode": str(mode)}
        name = "Bidirectional"
    return Case(name, arguments, tuple(shapes), names=tuple(names))


def a_film(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    rank = int(rng.integers(1, 4))
    arguments = {
        "filters": int(rng.integers(1, 4)),
        "kernel_size": tuple(int(n) for n in rng.integers(1, 4, rank)),
        "strides": tuple(int(n) for n in rng.integers(1, 3, rank)),
        "padding": str(rng.choice(["valid", "same"])),
        **flags(rng),
    }
    size = tuple(int(n) for n in rng.integers(1, 7 if rank < 3 else 4, rank))
    return Case(f"ConvLSTM{rank}D", arguments, ((int(rng.integers(1, 4)), *size, 2),))


def compared(case: Case) -> bool:
    """Compares; False where both refuse."""
    from tests.contract.keras_parity import compare, keras_layer
    from tests.keras_oracle import keras

    try:
        entries = [keras.Input(s) for s in case.shapes]
        case.call(keras_layer(case.layer, case.arguments), entries)
    except Exception:
        with pytest.raises(StriateError):
            case.call(case.make(), [layers.Input(s) for s in case.shapes])
        return False
    theirs = keras_layer(case.layer, case.arguments)
    compare(case.make(), theirs, case.inputs(), case=case, tolerance=5e-5)
    return True


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_layers_of_vectors(start: int) -> None:
    assert all(compared(a_case(seed)) for seed in range(start, start + 20))


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_layers_of_maps(start: int) -> None:
    done = [compared(a_film(seed)) for seed in range(start, start + 20)]
    assert 5 < sum(done) < 20, "some do not fit, which counts, too"
