"""Cases of the layers in `striate/layers/preprocessing.py`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("Normalization", {}, keras=False, note="Keras notices no weight set by hand"),
    Case("Normalization", {"axis": None}, keras=False, note="Keras notices no weight set by hand"),
    Case("Normalization", {"mean": 3.0, "variance": 2.0, "axis": None}),
    Case("Normalization", {"mean": [1.0, 2.0, 3.0], "variance": [1.0, 4.0, 2.0]}),
    Case("Normalization", {"axis": [1, 3], "mean": [1.0] * 3, "variance": [2.0] * 3}),
    Case("Normalization", {"mean": 1.0, "variance": 4.0, "invert": True}),
    Case("Rescaling", {"scale": 0.5, "offset": -1.0}),
    Case(
        "Rescaling",
        {"scale": (1.0, 2.0, 3.0), "offset": (0.0, 1.0, 2.0)},
        keras=False,
        note="Keras needs arrays there",
    ),
]
