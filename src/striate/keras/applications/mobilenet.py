"""keras.applications.mobilenet."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

MobileNet = application("mobilenet", "MobileNet")
preprocess_input = zoo.preprocess_input("mobilenet")

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]
