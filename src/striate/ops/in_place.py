"""Activations that overwrite their input.

Only functions whose derivative torch computes from the result, so that the backward pass does
not need what was overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_FIXED: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "relu6": partial(F.relu6, inplace=True),
    "leaky_relu": partial(F.leaky_relu, negative_slope=0.2, inplace=True),
    "elu": partial(F.elu, alpha=1.0, inplace=True),
    "selu": torch.selu_,
    "sigmoid": torch.sigmoid_,
    "tanh": torch.tanh_,
    "exponential": torch.exp_,
}


def in_place(name: str, numbers: Mapping[str, Any]) -> Callable[[Tensor], Tensor]:
    """The overwriting form of an activation.

    Args:
        name: the activation.
        numbers: the fields of its layer, if it is one: `negative_slope`, `max_value`, `alpha`.
    """
    slope = numbers.get("negative_slope")
    if slope:
        return partial(F.leaky_relu, negative_slope=slope, inplace=True)
    if name == "elu" and "alpha" in numbers:
        return partial(F.elu, alpha=numbers["alpha"], inplace=True)
    return _FIXED["relu" if slope == 0.0 else name]
