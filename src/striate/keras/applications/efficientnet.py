"""keras.applications.efficientnet."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

EfficientNetB0 = application("efficientnet_b0", "EfficientNetB0")
EfficientNetB1 = application("efficientnet_b1", "EfficientNetB1")
EfficientNetB2 = application("efficientnet_b2", "EfficientNetB2")
EfficientNetB3 = application("efficientnet_b3", "EfficientNetB3")
EfficientNetB4 = application("efficientnet_b4", "EfficientNetB4")
EfficientNetB5 = application("efficientnet_b5", "EfficientNetB5")
EfficientNetB6 = application("efficientnet_b6", "EfficientNetB6")
EfficientNetB7 = application("efficientnet_b7", "EfficientNetB7")
preprocess_input = zoo.preprocess_input("efficientnet_b0")

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]
