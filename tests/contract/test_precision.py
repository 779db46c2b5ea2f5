"""Every layer with products in bfloat16, as `precision="auto"` chooses where the machine has it.

Alone a layer must give what it gives in float32: exactly, unless it stands in the table. Behind a
product its input is bfloat16, and what follows it in that form may round its result once more.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from tests.contract.cases import CASES, Case
from tests.contract.layer import listed, symbols

pytestmark = pytest.mark.torch

STEP = 2.0**-8  # bfloat16 keeps 8 bits: rounding moves a value by at most this share of it

# Layers that multiply in bfloat16, the most that moves their result, and why.
WHY = "inputs, weights and result are rounded; errors of a sum partly cancel"
PRODUCTS = dict.fromkeys(("Dense", "Conv1D", "Conv2D", "Conv3D"), (4 * STEP, WHY))
BEHIND = (4 * STEP, "its result is rounded, and slopes up to 2 stretch the rounding of its input")

COMPARED = [c for c in CASES if c.inputs()[0].dtype == np.float32]


def both(model: st.Model, values: list[np.ndarray]) -> list[list[torch.Tensor]]:
    """The outputs in bfloat16 and in float32."""
    found = []
    for precision in ("bfloat16", "float32"):
        with torch.no_grad(), model.executing(True, precision, precision, "test"):
            found.append(listed(model(values if len(values) > 1 else values[0])))
    return found


def gap(low: torch.Tensor, full: torch.Tensor) -> float:
    assert low.dtype == full.dtype
    assert low.shape == full.shape
    if not full.is_floating_point():
        return float((low != full).sum())
    top = float(full.abs().max())
    return float((low - full).abs().max()) / max(top, 1e-6)


@pytest.mark.parametrize("case", COMPARED, ids=str)
def test_a_layer_with_products_in_bfloat16(case: Case) -> None:
    entries = symbols(case)
    model = st.Model(entries, listed(case.call(case.make(), entries)))
    allowed = PRODUCTS.get(case.layer, (0.0, ""))[0]
    for low, full in zip(*both(model, case.inputs()), strict=True):
        assert gap(low, full) <= allowed


@pytest.mark.parametrize(
    "case", [c for c in COMPARED if len(c.shapes) == 1 and not c.names], ids=str
)
def test_a_layer_behind_a_product_in_bfloat16(case: Case) -> None:
    (entry,) = symbols(case)
    same = layers.Dense(entry.shape[-1], use_bias=False, kernel_initializer="identity")
    model = st.Model(entry, listed(case.call(case.make(), [same(entry)])))
    rounded = [torch.from_numpy(x).bfloat16().float().numpy() for x in case.inputs()]
    allowed = PRODUCTS.get(case.layer, BEHIND)[0]
    for low, full in zip(*both(model, rounded), strict=True):
        assert gap(low, full) <= allowed
