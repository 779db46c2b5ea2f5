"""Cases of the layers in `striate/layers/weight_normalization.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import FLAT, NOT_IN_KERAS, Case, Inner

CONV = Inner("Conv2D", {"filters": 4, "kernel_size": 3})
MOVES: dict[str, Any] = {"trains": True, "rewrites": True}

CASES = [
    Case("SpectralNormalization", {"layer": CONV}, **MOVES),
    Case(
        "SpectralNormalization",
        {"layer": Inner("Dense", {"units": 3, "activation": "relu"}), "power_iterations": 3},
        FLAT,
        **MOVES,
    ),
    Case("WeightStandardization", {"layer": CONV}, **NOT_IN_KERAS),
    Case(
        "WeightStandardization",
        {"layer": Inner("Dense", {"units": 3}), "epsilon": 0.1},
        FLAT,
        **NOT_IN_KERAS,
    ),
]
