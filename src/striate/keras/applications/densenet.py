"""keras.applications.densenet."""

from __future__ import annotations

from striate import zoo
from striate.keras.applications.made import application
from striate.zoo import decode_predictions as decode_predictions

DenseNet121 = application("densenet121", "DenseNet121")
DenseNet169 = application("densenet169", "DenseNet169")
DenseNet201 = application("densenet201", "DenseNet201")
preprocess_input = zoo.preprocess_input("densenet121")

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]
