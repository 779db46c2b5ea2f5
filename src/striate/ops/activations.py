"""Activation functions by name, with Keras 3's definitions and defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate import errors
from striate.graph.named import Named
from striate.ops import registry

Activation = Callable[[Tensor], Tensor]


def linear(x: Tensor) -> Tensor:
    """x."""
    return x


def relu(
    x: Tensor, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Tensor:
    """x above `threshold` (at most `max_value`), negative_slope (x - threshold) below."""
    if threshold == 0.0:
        if max_value is None:
            return F.relu(x) if negative_slope == 0.0 else F.leaky_relu(x, negative_slope)
        if negative_slope == 0.0:
            return torch.clamp(x, 0.0, max_value)
    above = x if max_value is None else torch.clamp(x, max=max_value)
    return torch.where(x >= threshold, above, negative_slope * (x - threshold))


def relu6(x: Tensor) -> Tensor:
    """min(max(0, x), 6)."""
    return F.relu6(x)


def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x above zero, negative_slope x below."""
    return F.leaky_relu(x, negative_slope)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above zero, alpha (exp(x) - 1) below (Clevert et al. 2015, arXiv:1511.07289)."""
    return F.elu(x, alpha)


def selu(x: Tensor) -> Tensor:
    """Self-normalising scaled elu (Klambauer et al. 2017, arXiv:1706.02515)."""
    return F.selu(x)


def gelu(x: Tensor, approximate: bool = False) -> Tensor:
    """x Phi(x), or its tanh approximation (Hendrycks & Gimpel 2016, arXiv:1606.08415)."""
    return F.gelu(x, approximate="tanh" if approximate else "none")


def silu(x: Tensor) -> Tensor:
    """x sigmoid(x), also called swish."""
    return F.silu(x)


def mish(x: Tensor) -> Tensor:
    """x tanh(softplus(x)) (Misra 2019, arXiv:1908.08681)."""
    return F.mish(x)


def softplus(x: Tensor) -> Tensor:
    """log(1 + exp(x))."""
    return F.softplus(x, threshold=40.0)


def softsign(x: Tensor) -> Tensor:
    """x / (1 + abs(x))."""
    return F.softsign(x)


def tanh(x: Tensor) -> Tensor:
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""
    return torch.tanh(x)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x))."""
    return torch.sigmoid(x)


def hard_sigmoid(x: Tensor) -> Tensor:
    """clip(x / 6 + 1/2, 0, 1), Keras 3's definition."""
    return F.hardsigmoid(x)


def hard_silu(x: Tensor) -> Tensor:
    """x hard_sigmoid(x), also called hard_swish (Howard et al. 2019, arXiv:1905.02244)."""
    return F.hardswish(x)


def exponential(x: Tensor) -> Tensor:
    """exp(x)."""
    return torch.exp(x)


def softmax(x: Tensor, axis: int | tuple[int, ...] = -1) -> Tensor:
    """exp(x) / sum(exp(x)) along `axis`, counted as the tensor lies."""
    if isinstance(axis, int):
        return F.softmax(x, dim=axis)
    axes = tuple(a % x.dim() for a in axis)
    first = x.dim() - len(axes)
    moved = x.movedim(axes, tuple(range(first, x.dim())))
    flat = F.softmax(moved.flatten(first), dim=-1)
    return flat.reshape(moved.shape).movedim(tuple(range(first, x.dim())), axes)


def log_softmax(x: Tensor, axis: int = -1) -> Tensor:
    """log(softmax(x)), without the loss of precision of doing both."""
    return F.log_softmax(x, dim=axis)


OVER_CHANNELS = frozenset({"softmax", "log_softmax"})  # along the last axis, channels last

activations: registry.Registry[Any] = registry.Registry("activation")
for _function, *_aliases in (
    (linear, "identity", "none"),
    (relu,),
    (relu6,),
    (leaky_relu, "leakyrelu"),
    (elu,),
    (selu,),
    (gelu,),
    (silu, "swish"),
    (mish,),
    (softplus,),
    (softsign,),
    (tanh,),
    (sigmoid,),
    (hard_sigmoid, "hardsigmoid"),
    (hard_silu, "hard_swish", "hardswish", "hardsilu"),
    (exponential,),
    (softmax,),
    (log_softmax, "logsoftmax"),
):
    activations.add(_function.__name__, lambda f=_function: f, *_aliases)


def get(choice: Any, where: str = "") -> Any:
    """The function for a name or a callable; None is `linear`.

    Raises:
        UnknownNameError: no such activation; the nearest names are listed.
    """
    return linear if choice is None else activations.resolve(choice, where)


def named(choice: Any, resolved: Any) -> Named:
    """The name by which a graph refers to an activation."""
    if isinstance(choice, Named):
        return choice
    name = getattr(resolved, "__name__", type(resolved).__name__)
    ours = activations.makers.get(name)
    return Named(name, custom=ours is None or ours() is not resolved)


def check_output(x: Tensor, y: Any, where: str) -> Tensor:
    """The result of a user's activation, which must keep the shape."""
    if not isinstance(y, Tensor) or y.shape != x.shape:
        raise errors.ShapeError(
            errors.message(
                where,
                "the activation changed the shape",
                got={"before": tuple(x.shape), "after": tuple(getattr(y, "shape", ()))},
                expected="a function of each value",
            )
        )
    return y
