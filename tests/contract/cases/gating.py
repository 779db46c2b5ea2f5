"""Cases of the layers in `striate/layers/gating.py`."""

from __future__ import annotations

from tests.contract.cases.case import IMAGE, NOT_IN_KERAS, Case

CASES = [
    Case("SqueezeExcite", {"ratio": 1.5}, IMAGE, **NOT_IN_KERAS),
    Case(
        "SqueezeExcite",
        {"squeeze_units": 4, "use_bias": False, "gate_activation": "tanh"},
        ((4, 2),),
        **NOT_IN_KERAS,
    ),
    Case("SqueezeExcite", {"activation": "softmax"}, ((2, 3, 2, 2),), **NOT_IN_KERAS),
    Case("CBAM", {"ratio": 2, "kernel_size": 3}, ((5, 6, 4),), **NOT_IN_KERAS),
    Case("CBAM", {"use_bias": False, "activation": "tanh"}, IMAGE, **NOT_IN_KERAS),
    Case("ECA", {}, ((5, 6, 16),), **NOT_IN_KERAS),
    Case("ECA", {"kernel_size": 5, "kernel_regularizer": "l2"}, ((4, 3),), **NOT_IN_KERAS),
]
