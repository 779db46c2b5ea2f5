"""keras.constraints: what weights are held to after each step."""

from __future__ import annotations

from striate.keras import surface
from striate.keras.spelling import translated
from striate.ops import constraints as _constraints
from striate.ops.constraints import MaxNorm, NonNeg, UnitNorm
from striate.ops.constraints import get as get

_NAMES = surface.take(_constraints, ("Named", "constraints", "named"))
globals().update(_NAMES)

max_norm = maxnorm = translated(MaxNorm, {"m": "max_value"})
nonneg, unitnorm = NonNeg, UnitNorm
serialize, deserialize = surface.serialize, surface.deserializer(get)

__all__ = [
    *_NAMES,
    "deserialize",
    "maxnorm",
    "nonneg",
    "serialize",
    "unitnorm",
]
