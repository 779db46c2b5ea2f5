"""Cases of the layers in `striate/layers/normalization.py`."""

from __future__ import annotations

from tests.contract.cases.case import FLAT, Case

CASES = [
    Case("BatchNormalization", {}, trains=True),
    Case(
        "BatchNormalization", {"momentum": 0.8, "epsilon": 0.01, "scale": False}, FLAT, trains=True
    ),
    Case("BatchNormalization", {"axis": 1}, copies=True, trains=True),
]
