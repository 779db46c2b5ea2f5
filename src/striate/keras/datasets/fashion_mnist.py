"""keras.datasets.fashion_mnist: `striate.datasets.fashion_mnist`."""

from __future__ import annotations

from striate.data.datasets.fashion_mnist import load_data as load_data

__all__ = ["load_data"]
