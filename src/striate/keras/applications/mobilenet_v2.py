"""keras.applications.mobilenet_v2."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

MobileNetV2 = application("mobilenet_v2", "MobileNetV2")
preprocess_input = zoo.preprocess_input("mobilenet_v2")

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]
