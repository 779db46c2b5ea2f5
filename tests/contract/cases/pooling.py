"""Cases of the layers in `striate/layers/pooling.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case

# Keras on torch repeats the border and counts it; on TensorFlow, as here, padding is not counted.
NOT_TORCH_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras on torch counts padding in the mean; tested with the slow definition",
}

CASES = [
    Case("MaxPooling2D", {}),
    Case("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    Case("MaxPooling2D", {"pool_size": (2, 3), "strides": (1, 2), "padding": "same"}),
    Case("AveragePooling2D", {"pool_size": 2}),
    Case("AveragePooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, **NOT_TORCH_KERAS),
    Case(
        "AveragePooling2D",
        {"pool_size": (2, 4), "strides": 1, "padding": "same"},
        **NOT_TORCH_KERAS,
    ),
    Case("GlobalMaxPooling2D", {}),
    Case("GlobalMaxPooling2D", {"keepdims": True}),
    Case("GlobalAveragePooling2D", {}),
    Case("GlobalAveragePooling2D", {"keepdims": True}),
]
