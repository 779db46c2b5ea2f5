"""keras.applications.mobilenet_v3."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

MobileNetV3Large = application("mobilenet_v3_large", "MobileNetV3Large")
MobileNetV3Small = application("mobilenet_v3_small", "MobileNetV3Small")
preprocess_input = zoo.preprocess_input("mobilenet_v3_large")

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]
