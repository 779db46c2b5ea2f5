"""keras.regularizers: penalties on weights and values."""

from __future__ import annotations

from striate.keras import surface
from striate.ops import regularizers as _regularizers
from striate.ops.regularizers import L1, L1L2, L2
from striate.ops.regularizers import get as get

_NAMES = surface.take(_regularizers, ("Named", "named", "regularizers"))
globals().update(_NAMES)

l1l2 = activity_l1l2 = _regularizers.l1_l2
WeightRegularizer = ActivityRegularizer = L1L2Regularizer = L1L2
activity_l1, activity_l2 = L1, L2
serialize, deserialize = surface.serialize, surface.deserializer(get)

__all__ = [
    *_NAMES,
    "ActivityRegularizer",
    "L1L2Regularizer",
    "WeightRegularizer",
    "activity_l1",
    "activity_l1l2",
    "activity_l2",
    "deserialize",
    "l1l2",
    "serialize",
]
