"""Models written as files of Keras 3."""

from __future__ import annotations

from striate.formats.keras_writing.writing import write_model as write_model
from striate.formats.keras_writing.writing import write_weights as write_weights
