"""Cases of the layers in `striate/layers/shape.py`."""

from __future__ import annotations

from tests.contract.cases.case import FLAT, Case

CASES = [
    Case("Flatten", {}),
    Case("Flatten", {}, FLAT),
    Case("Reshape", {"target_shape": (9, -1)}),
    Case("Reshape", {"target_shape": (3, 2, 15)}, copies=True),
]
