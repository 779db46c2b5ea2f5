"""keras.applications.efficientnet_v2."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

EfficientNetV2S = application("efficientnet_v2_s", "EfficientNetV2S")
preprocess_input = zoo.preprocess_input("efficientnet_v2_s")

__all__ = ["EfficientNetV2S", "decode_predictions", "preprocess_input"]
