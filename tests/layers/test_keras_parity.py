"""Every layer that Keras has, compared with the real one."""

from __future__ import annotations

import pytest

from tests.contract.cases import CASES, Case
from tests.contract.keras_parity import compare, keras_layer

pytestmark = [pytest.mark.torch, pytest.mark.keras]

COMPARED = [c for c in CASES if c.keras]


@pytest.mark.parametrize("case", COMPARED, ids=str)
@pytest.mark.parametrize("training", [False, True], ids=["inference", "training"])
def test_equals_keras(case: Case, training: bool) -> None:
    if training and case.random:
        pytest.skip("random numbers differ; the statistics are tested with the layer")
    compare(case.make(), keras_layer(case.layer, case.arguments), case.inputs(), training=training)
