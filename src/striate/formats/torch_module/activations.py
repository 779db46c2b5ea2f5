"""Activations as modules of `torch.nn`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from striate.formats.torch_module.builder import Builder, Value, copy_weights
from striate.graph import Node, Spec
from striate.ops import activations
from striate.ops.layout import internal_axis

Made = tuple[type[nn.Module], tuple[Any, ...], dict[str, Any]]


def _relu(
    negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Made | None:
    if threshold or (negative_slope and max_value is not None):
        return None
    if negative_slope:
        return nn.LeakyReLU, (negative_slope,), {}
    if max_value is None:
        return nn.ReLU, (), {}
    return (nn.ReLU6, (), {}) if max_value == 6 else (nn.Hardtanh, (0.0, max_value), {})


def _gelu(approximate: bool = False) -> Made:
    return nn.GELU, (), {"approximate": "tanh"} if approximate else {}


def _plain(made: type[nn.Module], *fixed: Any, **named: Any) -> Callable[..., Made]:
    def make(*args: Any, **kwargs: Any) -> Made:
        return made, (*fixed, *args, *kwargs.values()), named

    return make


# Name of the activation -> the module for its arguments; None where torch has no such module.
MODULES: dict[str, Callable[..., Made | None]] = {
    "relu": _relu,
    "relu6": _plain(nn.ReLU6),
    "leaky_relu": lambda negative_slope=0.2: (nn.LeakyReLU, (negative_slope,), {}),
    "elu": lambda alpha=1.0: (nn.ELU, (alpha,), {}),
    "selu": _plain(nn.SELU),
    "gelu": _gelu,
    "silu": _plain(nn.SiLU),
    "mish": _plain(nn.Mish),
    "softplus": _plain(nn.Softplus, threshold=40.0),
    "softsign": _plain(nn.Softsign),
    "tanh": _plain(nn.Tanh),
    "sigmoid": _plain(nn.Sigmoid),
    "hard_sigmoid": _plain(nn.Hardsigmoid),
    "hard_silu": _plain(nn.Hardswish),
    "hard_tanh": _plain(nn.Hardtanh),
    "hard_shrink": lambda threshold=0.5: (nn.Hardshrink, (threshold,), {}),
    "soft_shrink": lambda threshold=0.5: (nn.Softshrink, (threshold,), {}),
    "tanh_shrink": _plain(nn.Tanhshrink),
    "threshold": lambda threshold, default_value: (nn.Threshold, (threshold, default_value), {}),
    "celu": lambda alpha=1.0: (nn.CELU, (alpha,), {}),
    "softmax": lambda axis=-1: (nn.Softmax, (), {"dim": axis}),
    "log_softmax": lambda axis=-1: (nn.LogSoftmax, (), {"dim": axis}),
}


def activated(b: Builder, name: str, function: Any, x: Value, rank: int) -> Value | None:
    """An activation by its module; None if torch has none for it."""
    known, arguments = activations.bare(function)
    if known == "linear":
        return x
    make = MODULES.get(known or "")
    found = None if make is None else make(**arguments)
    if found is None:
        return None
    module, args, kwargs = found
    if "dim" in kwargs:
        if not isinstance(kwargs["dim"], int):
            return None
        kwargs = {"dim": internal_axis(kwargs["dim"], rank)}
    return b.through(name, x, module, *args, **kwargs)


def layer_of_its_own(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """Activation, ReLU, LeakyReLU, ELU, GELU, Softmax, ThresholdedReLU."""
    k: Any = node.kind
    rank = len(specs[0].shape)
    made: Made | None
    match type(k).__name__:
        case "ReLU":
            made = _relu(k.negative_slope, k.max_value, k.threshold)
        case "LeakyReLU":
            made = nn.LeakyReLU, (k.negative_slope,), {}
        case "ELU":
            made = nn.ELU, (k.alpha,), {}
        case "GELU":
            made = _gelu(k.approximate)
        case "ThresholdedReLU":
            made = nn.Threshold, (k.theta, 0.0), {}
        case "Softmax":
            one = isinstance(k.axis, int)
            made = (nn.Softmax, (), {"dim": internal_axis(k.axis, rank)}) if one else None
        case _:
            return activated(b, node.name, layer.activation, inputs[0], rank)
    if made is None:
        return None
    module, args, kwargs = made
    return b.through(node.name, inputs[0], module, *args, **kwargs)


def prelu(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """PReLU with one slope, or one per channel."""
    alpha = layer.alpha
    channels = specs[0].shape[-1]
    if math.prod(alpha.shape[:-1]) != 1 or alpha.shape[-1] not in (1, channels):
        return None
    name, module = b.module(node.name, nn.PReLU, alpha.numel())
    copy_weights(module, {"weight": alpha.flatten()})
    return b.run(name, inputs[0])
