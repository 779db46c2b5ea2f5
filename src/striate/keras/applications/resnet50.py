"""keras.applications.resnet50."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

ResNet50 = application("resnet50", "ResNet50")
preprocess_input = zoo.preprocess_input("resnet50")

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
