"""Cases of the layers in `striate/layers/normalization.py` and `response_normalization.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import FLAT, NOT_IN_KERAS, Case

KERAS_FAILS: dict[str, Any] = {
    "keras": False,
    "note": "Keras on torch fails for inner axes; tested with the slow definition",
}
SEQUENCE = ((6, 4),)
VOLUME = ((3, 4, 2, 4),)
PLAIN = {"scale": False, "center": False}

CASES = [
    Case("BatchNormalization", {}, trains=True),
    Case(
        "BatchNormalization", {"momentum": 0.8, "epsilon": 0.01, "scale": False}, FLAT, trains=True
    ),
    Case("BatchNormalization", {"axis": 1}, copies=True, trains=True),
    Case("LayerNormalization", {}),
    Case("LayerNormalization", {"axis": [1, 2, 3], "epsilon": 0.01}),
    Case("LayerNormalization", {"axis": [1, 2], "center": False}, **KERAS_FAILS),
    Case("LayerNormalization", {"axis": [1, 3], "epsilon": 0.1}),
    Case("LayerNormalization", {"axis": -2, "scale": False}, SEQUENCE, **KERAS_FAILS),
    Case("LayerNormalization", {**PLAIN}, FLAT),
    Case("LayerNormalization", {"rms_scaling": True}, keras=False, note="Keras warns there"),
    Case("GroupNormalization", {"groups": 2}, ((5, 6, 4),)),
    Case("GroupNormalization", {"groups": -1, "epsilon": 0.01}, SEQUENCE),
    Case("GroupNormalization", {"groups": 1, "scale": False}, VOLUME),
    Case(
        "GroupNormalization", {"groups": 3, "axis": 1, "center": False}, ((6, 5, 4),), copies=True
    ),
    Case("GroupNormalization", {"groups": 2}, ((4,),)),
    Case("InstanceNormalization", {}, **NOT_IN_KERAS),
    Case("InstanceNormalization", {"epsilon": 0.01, **PLAIN}, SEQUENCE, **NOT_IN_KERAS),
    Case("InstanceNormalization", {"axis": 1}, copies=True, **NOT_IN_KERAS),
    Case("RMSNormalization", {}),
    Case("RMSNormalization", {"axis": [1, 2], "epsilon": 0.1}, **KERAS_FAILS),
    Case("RMSNormalization", {"axis": [1, 3], "epsilon": 0.1}, **KERAS_FAILS),
    Case("RMSNormalization", {"axis": [1, 2, 3]}),
    Case("UnitNormalization", {}),
    Case("UnitNormalization", {"axis": [1, 2]}),
    Case("UnitNormalization", {"axis": 1}, FLAT),
    Case("LocalResponseNormalization", {}, **NOT_IN_KERAS),
    Case(
        "LocalResponseNormalization",
        {"depth_radius": 1, "bias": 1.0, "alpha": 0.5, "beta": 0.5},
        FLAT,
        **NOT_IN_KERAS,
    ),
    Case("GlobalResponseNormalization", {}, **NOT_IN_KERAS),
    Case("GlobalResponseNormalization", {"epsilon": 0.1}, SEQUENCE, **NOT_IN_KERAS),
]
