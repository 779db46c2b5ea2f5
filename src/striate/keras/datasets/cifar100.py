"""keras.datasets.cifar100: `striate.datasets.cifar100`."""

from __future__ import annotations

from striate.data.datasets.cifar100 import load_data as load_data

__all__ = ["load_data"]
