"""keras.datasets.cifar10: `striate.datasets.cifar10`."""

from __future__ import annotations

from striate.data.datasets.cifar10 import load_data as load_data

__all__ = ["load_data"]
