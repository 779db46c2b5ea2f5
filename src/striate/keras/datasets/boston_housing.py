"""keras.datasets.boston_housing: prices of houses, a table of numbers."""

from __future__ import annotations

from striate.data.datasets.housing import load_boston as load_data

__all__ = ["load_data"]
