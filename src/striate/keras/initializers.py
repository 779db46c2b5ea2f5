"""keras.initializers: how weights start."""

from __future__ import annotations

from striate.keras import surface
from striate.ops import initializers as _initializers
from striate.ops.initializers import Identity, Orthogonal, RandomNormal, RandomUniform
from striate.ops.initializers import get as get

_INSIDE = ("Named", "Seeded", "fans", "fill_truncated", "initializers", "named")
_NAMES = surface.take(_initializers, _INSIDE)
globals().update(_NAMES)

IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal
normal, uniform = RandomNormal, RandomUniform
zero, one = _initializers.Zeros, _initializers.Ones
serialize, deserialize = surface.serialize, surface.deserializer(get)

__all__ = [
    *_NAMES,
    "IdentityInitializer",
    "OrthogonalInitializer",
    "deserialize",
    "normal",
    "one",
    "serialize",
    "uniform",
    "zero",
]
