"""keras.callbacks: what is told how training goes, and may change it."""

from __future__ import annotations

from striate.keras import surface
from striate.training import callbacks as _callbacks

_NAMES = surface.take(_callbacks)
globals().update(_NAMES)

__all__ = [*_NAMES]
