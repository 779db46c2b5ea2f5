"""Cases of the layers in `striate/layers/convolution.py`."""

from __future__ import annotations

from tests.contract.cases.case import Case

CASES = [
    Case("Conv2D", {"filters": 4, "kernel_size": 3}),
    Case("Conv2D", {"filters": 4, "kernel_size": (3, 2), "padding": "same", "activation": "relu"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "strides": (2, 3), "padding": "same"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}),
    Case("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "activation": "softmax"}),
]
