"""Cases of the layers in `striate/layers/merging.py`."""

from __future__ import annotations

from tests.contract.cases.case import IMAGE, Case

CASES = [
    Case("Add", {}, IMAGE * 3),
    Case("Add", {}, ((5, 6, 3), (1, 1, 3))),
    Case("Concatenate", {}, ((5, 6, 3), (5, 6, 2))),
    Case("Concatenate", {"axis": 1}, ((5, 6, 3), (2, 6, 3))),
]
