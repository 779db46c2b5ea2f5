"""keras.applications.xception."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

Xception = application("xception", "Xception")
preprocess_input = zoo.preprocess_input("xception")

__all__ = ["Xception", "decode_predictions", "preprocess_input"]
