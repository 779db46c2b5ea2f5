"""keras.applications.inception_v3."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

InceptionV3 = application("inception_v3", "InceptionV3")
preprocess_input = zoo.preprocess_input("inception_v3")

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]
