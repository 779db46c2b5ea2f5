"""Convolution and activation in one kernel of oneDNN, for inference on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.convolution import Padding, Sizes, conv, zeros_inside

# Activations that oneDNN applies while it writes a convolution's result: (its name, scalars).
_JOINED: dict[str, tuple[str, tuple[float, ...]]] = {
    "relu": ("relu", ()),
    "relu6": ("hardtanh", (0.0, 6.0)),
    "leaky_relu": ("leaky_relu", (0.2,)),
    "sigmoid": ("sigmoid", ()),
    "tanh": ("tanh", ()),
    "hard_sigmoid": ("hardsigmoid", ()),
    "hard_silu": ("hardswish", ()),
    "silu": ("swish", ()),
}


def conv_joined(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sizes,
    padding: Padding,
    dilation: Sizes,
    groups: int,
    activation: str,
    numbers: Mapping[str, Any],
) -> Tensor:
    """`conv`, then an activation, in one kernel of oneDNN; inference on the CPU only.

    Args beyond those of `conv`: the activation's name, and the fields of its layer, if it is one.
    """
    weight = kernel.permute(3, 2, 0, 1)
    x, both = zeros_inside(x, weight, strides, padding, dilation)
    name, scalars = joined_name(activation, numbers)
    return torch.ops.mkldnn._convolution_pointwise(  # type: ignore[no-any-return]
        x, weight, bias, both, tuple(strides), tuple(dilation), groups, name, list(scalars), ""
    )


def can_join(activation: str, numbers: Mapping[str, Any]) -> str:
    """ "" if `conv_joined` takes this activation on this machine, else why it does not."""
    if activation not in _JOINED:
        return f"oneDNN does not apply {activation or 'this activation'} itself"
    capped = numbers.get("max_value") is not None
    if numbers.get("threshold") or (numbers.get("negative_slope") and capped):
        return "oneDNN has no form with all of these numbers"
    return _joining_works()


def joined_name(activation: str, numbers: Mapping[str, Any]) -> tuple[str, tuple[float, ...]]:
    """oneDNN's name of an activation that it can join, and its numbers."""
    cap, slope = numbers.get("max_value"), numbers.get("negative_slope")
    if cap is not None:
        return "hardtanh", (0.0, cap)
    if slope:
        return "leaky_relu", (slope,)
    return _JOINED["relu" if slope == 0.0 else activation]


@cache
def _joining_works() -> str:
    """Tries the kernel once and compares: it is not part of torch's public interface."""
    x = torch.linspace(-1, 1, 2 * 3 * 6 * 6).reshape(2, 6, 6, 3).permute(0, 3, 1, 2)
    kernel = torch.linspace(-1, 1, 9 * 3 * 4).reshape(3, 3, 3, 4)
    arguments: dict[str, Any] = {"bias": torch.ones(4), "strides": (1, 1), "padding": "same"}
    arguments |= {"dilation": (1, 1), "groups": 1}
    try:
        with torch.no_grad():
            found = conv_joined(x, kernel, **arguments, activation="relu", numbers={})
            right = torch.allclose(found, F.relu(conv(x, kernel, **arguments)), atol=1e-5)
    except (RuntimeError, AttributeError, TypeError) as error:
        return f"this torch has no kernel for it ({type(error).__name__})"
    return "" if right else "this torch's kernel for it gives other numbers"
