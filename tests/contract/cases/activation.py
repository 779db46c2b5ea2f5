"""Cases of the layers in `striate/layers/activation.py`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("Activation", {"activation": "silu"}),
    Case("Activation", {"activation": "softmax"}),
    Case("ReLU", {}),
    Case("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Case("LeakyReLU", {}),
    Case("ELU", {"alpha": 0.7}),
    Case("Softmax", {}),
    Case("Softmax", {"axis": (1, 2)}, copies=True),
    Case("PReLU", {"alpha_initializer": "ones"}),
    Case("PReLU", {"shared_axes": [1, 2]}),
]
