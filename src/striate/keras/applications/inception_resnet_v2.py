"""keras.applications.inception_resnet_v2."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

InceptionResNetV2 = application("inception_resnet_v2", "InceptionResNetV2")
preprocess_input = zoo.preprocess_input("inception_resnet_v2")

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]
