"""Cases of the layers in `striate/layers/regularization.py`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("Dropout", {"rate": 0.5}, random=True),
    Case("Dropout", {"rate": 0.5, "noise_shape": (None, 1, 1, None), "seed": 3}, random=True),
]
