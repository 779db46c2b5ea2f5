"""Cases of the layers in `striate/layers/activation.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import FLAT, NOT_IN_KERAS, Case

# every name of Keras 3.15 that needs no arguments and keeps the shape
NAMES = [
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "celu",
    "selu",
    "gelu",
    "silu",
    "swish",
    "mish",
    "softplus",
    "squareplus",
    "sparse_plus",
    "softsign",
    "tanh",
    "hard_tanh",
    "sigmoid",
    "log_sigmoid",
    "sparse_sigmoid",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_shrink",
    "soft_shrink",
    "tanh_shrink",
    "exponential",
    "softmax",
    "log_softmax",
]

WITH_ARGUMENTS = {"class_name": "threshold", "config": {"threshold": 0.1, "default_value": -2.0}}
ALONG_ROWS = {"class_name": "log_softmax", "config": {"axis": 1}}
WRONG_IN_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras 3.15's does not add up to 1; tested with the slow definition",
}
SHAPE_LOST_IN_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras's symbolic shape keeps all channels; its function is compared",
}
CONFIG_NOT_IN_KERAS: dict[str, Any] = {
    "keras": False,
    "note": "Keras has no activations with arguments; its functions are compared",
}

CASES = [
    *(Case("Activation", {"activation": name}) for name in NAMES),
    Case("Activation", {"activation": "sparsemax"}, **WRONG_IN_KERAS),
    Case("Activation", {"activation": "glu"}, ((5, 6, 4),), **SHAPE_LOST_IN_KERAS),
    Case("Activation", {"activation": WITH_ARGUMENTS}, **CONFIG_NOT_IN_KERAS),
    Case("Activation", {"activation": ALONG_ROWS}, **CONFIG_NOT_IN_KERAS),
    Case("GELU", {}, **NOT_IN_KERAS),
    Case("GELU", {"approximate": True}, FLAT, **NOT_IN_KERAS),
    Case("ThresholdedReLU", {"theta": 0.5}, **NOT_IN_KERAS),
    Case("Maxout", {"num_units": 2}, ((5, 6, 4),), **NOT_IN_KERAS),
    Case("Maxout", {"num_units": 3, "axis": 1}, ((6, 5, 2),), **NOT_IN_KERAS),
    Case("ReLU", {}),
    Case("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}),
    Case("LeakyReLU", {}),
    Case("ELU", {"alpha": 0.7}),
    Case("Softmax", {}),
    Case("Softmax", {"axis": (1, 2)}, copies=True),
    Case("PReLU", {"alpha_initializer": "ones"}),
    Case("PReLU", {"shared_axes": [1, 2]}),
]
