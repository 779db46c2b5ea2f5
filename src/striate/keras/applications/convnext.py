"""keras.applications.convnext."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

ConvNeXtTiny = application("convnext_tiny", "ConvNeXtTiny")
ConvNeXtSmall = application("convnext_small", "ConvNeXtSmall")
ConvNeXtBase = application("convnext_base", "ConvNeXtBase")
preprocess_input = zoo.preprocess_input("convnext_tiny")

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "decode_predictions",
    "preprocess_input",
]
