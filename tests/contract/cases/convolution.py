"""Cases of the convolutions: `striate/layers/convolution*.py`."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.case import Case

SEQUENCE = ((9, 4),)
VOLUME = ((4, 5, 6, 2),)
# arguments that Keras refuses; compared with slow definitions instead
OURS: dict[str, Any] = {"keras": False, "note": "Keras has no such padding or no such layer"}

CASES = [
    Case("Conv2D", {"filters": 4, "kernel_size": 3}),
    Case("Conv2D", {"filters": 1, "kernel_size": 3}),
    Case("Conv2D", {"filters": 4, "kernel_size": (3, 2), "padding": "same", "activation": "relu"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "strides": (2, 3), "padding": "same"}),
    Case("Conv2D", {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}),
    Case("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 3, "activation": "softmax"}),
    Case("Conv2D", {"filters": 2, "kernel_size": (3, 2), "strides": 2, "padding": "full"}, **OURS),
    Case("Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, SEQUENCE),
    Case(
        "Conv1D",
        {"filters": 4, "kernel_size": 2, "dilation_rate": 3, "padding": "causal", "groups": 2},
        SEQUENCE,
    ),
    Case("Conv1D", {"filters": 4, "kernel_size": 4, "padding": "full"}, SEQUENCE, **OURS),
    Case("Conv3D", {"filters": 3, "kernel_size": 2, "activation": "tanh"}, VOLUME),
    Case("Conv3D", {"filters": 4, "kernel_size": (2, 3, 2), "padding": "same"}, VOLUME),
    Case("Conv1DTranspose", {"filters": 3, "kernel_size": 5, "strides": 3}, SEQUENCE),
    Case(
        "Conv1DTranspose",
        {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"},
        SEQUENCE,
    ),
    Case("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}),
    Case("Conv2DTranspose", {"filters": 4, "kernel_size": (2, 3), "strides": (3, 4)}),
    Case("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "dilation_rate": (2, 1)}),
    Case(
        "Conv2DTranspose",
        {
            "filters": 4,
            "kernel_size": (5, 4),
            "strides": (3, 2),
            "padding": "same",
            "output_padding": (2, 1),
            "activation": "sigmoid",
        },
    ),
    Case("Conv3DTranspose", {"filters": 2, "kernel_size": 3, "strides": (1, 2, 3)}, VOLUME),
    Case(
        "Conv3DTranspose",
        {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "use_bias": False},
        VOLUME,
    ),
    Case("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, SEQUENCE),
    Case("DepthwiseConv1D", {"kernel_size": 3, "padding": "causal"}, SEQUENCE, **OURS),
    Case("DepthwiseConv2D", {"kernel_size": 3, "padding": "same", "activation": "relu"}),
    Case("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "padding": "same"}),
    Case("DepthwiseConv2D", {"kernel_size": (3, 2), "dilation_rate": 2, "depth_multiplier": 2}),
    Case("SeparableConv1D", {"filters": 5, "kernel_size": 3, "strides": 2}, SEQUENCE),
    Case(
        "SeparableConv2D",
        {"filters": 5, "kernel_size": 3, "padding": "same", "depth_multiplier": 2},
    ),
    Case("SeparableConv2D", {"filters": 5, "kernel_size": 3, "use_bias": False}),
    Case("LocallyConnected1D", {"filters": 3, "kernel_size": 3, "strides": 2}, SEQUENCE, **OURS),
    Case("LocallyConnected2D", {"filters": 3, "kernel_size": (3, 2)}, **OURS),
    Case(
        "LocallyConnected2D",
        {"filters": 3, "kernel_size": 2, "strides": 2, "padding": "same", "use_bias": False},
        **OURS,
    ),
]
