"""keras.applications.vgg16."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

VGG16 = application("vgg16", "VGG16")
preprocess_input = zoo.preprocess_input("vgg16")

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
