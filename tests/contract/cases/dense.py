"""Cases of the layers in `striate/layers/dense.py`."""

from __future__ import annotations

from tests.contract.cases.case import FLAT, IMAGE, Case

CASES = [
    Case("Dense", {"units": 4, "activation": "tanh"}, FLAT),
    Case("Dense", {"units": 4, "use_bias": False}, IMAGE),
]
