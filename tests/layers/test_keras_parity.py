"""Every layer that Keras has, compared with the real one."""

from __future__ import annotations

import numpy as np
import pytest

from striate import layers
from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import assert_close, compare, keras_layer, numbers

pytestmark = [pytest.mark.torch, pytest.mark.keras]

COMPARED = [c for c in CASES if c.keras]


@pytest.mark.parametrize("case", COMPARED, ids=str)
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_equals_keras(case: Case, training: bool) -> None:
    if training and case.random:
        pytest.skip("random numbers differ; the statistics are tested with the layer")
    compare(case.make(), keras_layer(case.layer, case.arguments), case.inputs(), training=training)


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
