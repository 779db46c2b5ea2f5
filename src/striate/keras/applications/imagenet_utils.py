"""keras.applications.imagenet_utils."""

from __future__ import annotations

from typing import Any

from striate import zoo
from striate.errors import unknown_name
from striate.zoo import decode_predictions as decode_predictions

_MODES = {"caffe": "vgg16", "tf": "xception", "torch": "densenet121"}


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images as one of the three families of weights expects them: "caffe", "tf" or "torch"."""
    if mode not in _MODES:
        raise unknown_name("preprocess_input", "mode", mode, _MODES)
    return zoo.preprocess_input(_MODES[mode])(x)


__all__ = ["decode_predictions", "preprocess_input"]
