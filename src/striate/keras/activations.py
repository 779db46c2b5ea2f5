"""keras.activations: functions of tensors, by name."""

from __future__ import annotations

from striate.keras import surface
from striate.ops import activations as _activations
from striate.ops.activations import get as get
from striate.ops.activations import hard_silu, silu

_INSIDE = ("Named", "activations", "bare", "check_output", "freeze_value", "named", "of_each_value")
_NAMES = surface.take(_activations, (*_INSIDE, "Items", "to_external", "to_internal", "prelu"))
globals().update(_NAMES)

swish = silu
hard_swish = hard_silu

serialize, deserialize = surface.serialize, surface.deserializer(get)

__all__ = [*_NAMES, "deserialize", "get", "hard_swish", "serialize", "swish"]
