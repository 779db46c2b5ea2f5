"""Cases of the layers in `striate/layers/border.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case

SEQUENCE = ((9, 4),)
VOLUME = ((4, 5, 6, 2),)
OURS: dict[str, Any] = {"keras": False, "note": "Keras has no such layer"}
VIEW: dict[str, Any] = {"copies": True, "note": "a view into its input"}

CASES = [
    Case("ZeroPadding1D", {}, SEQUENCE),
    Case("ZeroPadding1D", {"padding": (2, 0)}, SEQUENCE),
    Case("ZeroPadding2D", {"padding": ((1, 0), (2, 3))}),
    Case("ZeroPadding2D", {"padding": (1, 2)}, whole=256),
    Case("ZeroPadding3D", {}, VOLUME),
    Case("ZeroPadding3D", {"padding": (1, (0, 2), 3)}, VOLUME),
    Case("ReflectionPadding1D", {"padding": (2, 3)}, SEQUENCE, **OURS),
    Case("ReflectionPadding2D", {"padding": (1, 2)}, **OURS),
    Case("ReflectionPadding3D", {}, VOLUME, **OURS),
    Case("Cropping1D", {"cropping": (1, 3)}, SEQUENCE, **VIEW),
    Case("Cropping2D", {}),
    Case("Cropping2D", {"cropping": ((1, 0), (0, 2))}, **VIEW),
    Case("Cropping2D", {"cropping": 1}, whole=256, **VIEW),
    Case("Cropping3D", {}, VOLUME, **VIEW),
]
