"""keras.preprocessing.sequence: sequences of one length, and windows of a series."""

from __future__ import annotations

from striate.data.padding import pad_sequences as pad_sequences
from striate.data.series import TimeseriesGenerator as TimeseriesGenerator

__all__ = ["TimeseriesGenerator", "pad_sequences"]
