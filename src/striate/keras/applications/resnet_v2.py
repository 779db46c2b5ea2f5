"""keras.applications.resnet_v2."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

ResNet50V2 = application("resnet50v2", "ResNet50V2")
ResNet101V2 = application("resnet101v2", "ResNet101V2")
ResNet152V2 = application("resnet152v2", "ResNet152V2")
preprocess_input = zoo.preprocess_input("resnet50v2")

__all__ = ["ResNet101V2", "ResNet152V2", "ResNet50V2", "decode_predictions", "preprocess_input"]
