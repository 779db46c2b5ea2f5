"""Cases of the layers in `striate/layers/preprocessing.py`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("Rescaling", {"scale": 0.5, "offset": -1.0}),
    Case(
        "Rescaling",
        {"scale": (1.0, 2.0, 3.0), "offset": (0.0, 1.0, 2.0)},
        keras=False,
        note="Keras needs arrays there",
    ),
]
