"""keras.preprocessing: images, sequences and text made ready for a model."""

from __future__ import annotations

from striate.keras.preprocessing import image as image
from striate.keras.preprocessing import sequence as sequence
from striate.keras.preprocessing import text as text

__all__ = [
    "image",
    "sequence",
    "text",
]
