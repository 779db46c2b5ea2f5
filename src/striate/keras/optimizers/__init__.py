"""keras.optimizers: optimizers with the arguments and names of every Keras age."""

from __future__ import annotations

from striate.keras import surface
from striate.training import optimizers as _optimizers

_NAMES = surface.take(_optimizers)
globals().update(_NAMES)

__all__ = [*_NAMES]
