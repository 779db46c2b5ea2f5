"""keras.legacy: what Keras 2 kept of Keras 1."""

from __future__ import annotations

from striate.keras.legacy import interfaces as interfaces

__all__ = ["interfaces"]
