"""keras.applications.vgg19."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

VGG19 = application("vgg19", "VGG19")
preprocess_input = zoo.preprocess_input("vgg19")

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
