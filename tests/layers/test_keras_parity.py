"""Every layer that Keras has, compared with the real one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate import activations, layers
from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import assert_close, compare, keras_layer, numbers
from tests.keras_oracle import keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

COMPARED = [c for c in CASES if c.keras]


@pytest.mark.parametrize("case", COMPARED, ids=str)
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_equals_keras(case: Case, training: bool) -> None:
    if training and case.random:
        pytest.skip("random numbers differ; the statistics are tested with the layer")
    theirs = keras_layer(case.layer, case.arguments)
    compare(case.make(), theirs, case.inputs(), case=case, training=training)


@pytest.mark.parametrize("axis", [-1, None, (1, 3)], ids=str)
@pytest.mark.parametrize("invert", [False, True])
def test_adapted_normalization_equals_keras(axis: object, invert: bool) -> None:
    data = np.random.default_rng(0).normal(5.0, 3.0, size=(9, 4, 3, 2)).astype("float32")
    arguments = {"axis": axis, "invert": invert}
    ours, theirs = layers.Normalization(**arguments), keras_layer("Normalization", arguments)
    ours.adapt(data)
    theirs.adapt(data)
    assert_close(numbers(ours(data)), numbers(theirs(data)), "output")
    for a, b in zip(ours.weights[:2], theirs.weights[:2], strict=True):
        assert_close(numbers(a), numbers(b.value), "statistics")


FUNCTIONS: list[tuple[str, dict[str, Any]]] = [
    ("relu", {"negative_slope": 0.2, "max_value": 1.0, "threshold": 0.3}),
    ("leaky_relu", {"negative_slope": 0.4}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("gelu", {"approximate": True}),
    ("squareplus", {"b": 2.0}),
    ("hard_shrink", {"threshold": 0.7}),
    ("soft_shrink", {"threshold": 0.7}),
    ("threshold", {"threshold": 0.7, "default_value": -2.0}),
    ("softmax", {"axis": 1}),
    ("log_softmax", {"axis": 1}),
    ("glu", {"axis": -1}),
    ("glu", {"axis": 1}),
]


@pytest.mark.parametrize(("name", "arguments"), FUNCTIONS, ids=str)
def test_activation_with_arguments_equals_keras(name: str, arguments: dict[str, Any]) -> None:
    x = torch.randn(3, 4, 6, requires_grad=True)
    y = x.detach().clone().requires_grad_()
    ours = getattr(activations, name)(x, **arguments)
    theirs = getattr(keras.activations, name)(y, **arguments)
    assert_close(numbers(ours), numbers(theirs), "output")
    ours.square().sum().backward()
    theirs.square().sum().backward()
    assert_close(numbers(x.grad), numbers(y.grad), "gradient")


def test_striate_has_every_activation_of_keras() -> None:
    names = {n for n in dir(keras.activations) if n[0].islower()} - {"get", "serialize"}
    assert names - {"deserialize"} <= set(activations.activations.canonical)
