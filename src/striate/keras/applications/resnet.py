"""keras.applications.resnet."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

ResNet50 = application("resnet50", "ResNet50")
ResNet101 = application("resnet101", "ResNet101")
ResNet152 = application("resnet152", "ResNet152")
preprocess_input = zoo.preprocess_input("resnet50")

__all__ = ["ResNet101", "ResNet152", "ResNet50", "decode_predictions", "preprocess_input"]
