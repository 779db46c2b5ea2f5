"""keras.optimizers.schedules: learning rates that depend on the step."""

from __future__ import annotations

from striate.keras import surface
from striate.training.optimizers import schedules as _schedules
from striate.training.optimizers.schedules.registry import deserialize as deserialize
from striate.training.optimizers.schedules.registry import serialize as serialize

_NAMES = surface.take(_schedules)
globals().update(_NAMES)

__all__ = [*_NAMES, "deserialize", "serialize"]
