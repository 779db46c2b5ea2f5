"""Cases of the layers in `striate/layers/arrangement.py` and `sequence.py`."""

from __future__ import annotations

from tests.contract.cases.case import FLAT, Case

CASES = [
    Case("Identity", {}),
    Case("Permute", {"dims": (2, 1)}, ((4, 5),), copies=True),
    Case("Permute", {"dims": (3, 1, 2)}, copies=True),
    Case("RepeatVector", {"n": 3}, FLAT),
    Case("Embedding", {"input_dim": 9, "output_dim": 4}, ((5,),), whole=9),
    Case("Embedding", {"input_dim": 9, "output_dim": 4, "mask_zero": True}, ((5,),), whole=9),
    Case("Embedding", {"input_dim": 5, "output_dim": 2}, ((3, 4),), whole=5),
    Case("Masking", {}, ((5, 3),)),
    Case("Masking", {"mask_value": 0.5}, ((5, 3, 2),)),
]
