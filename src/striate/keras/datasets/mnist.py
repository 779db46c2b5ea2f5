"""keras.datasets.mnist: `striate.datasets.mnist`."""

from __future__ import annotations

from striate.data.datasets.mnist import load_data as load_data

__all__ = ["load_data"]
