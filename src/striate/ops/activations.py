"""Activation functions by name, with Keras 3's definitions and defaults."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate import errors
from striate.graph.named import Items, Named, freeze_value
from striate.ops import registry
from striate.ops.layout import to_external, to_internal

Activation = Callable[..., Tensor]


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
    return torch.where(x > threshold, above, negative_slope * (x - threshold))


def relu6(x: Tensor) -> Tensor:
    """min(max(0, x), 6)."""
    return F.relu6(x)


def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x above zero, negative_slope x below."""
    return F.leaky_relu(x, negative_slope)


def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """x above zero, alpha x below; one alpha per channel, or of any shape that spreads over x.

    Shapes: x channels last. torch's kernel knows the form with one per channel.
    """
    if alpha.numel() == x.shape[-1] and alpha.shape[-1] == x.shape[-1]:
        return to_external(F.prelu(to_internal(x), alpha.flatten()))
    return torch.where(x > 0, x, alpha * x)


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


def hard_sigmoid(x: Tensor, slope: float = 1 / 6) -> Tensor:
    """clip(slope x + 1/2, 0, 1); the slope is 1/6 in Keras 3, and was 0.2 before."""
    return F.hardsigmoid(x) if slope == 1 / 6 else (slope * x + 0.5).clamp(0, 1)


def hard_silu(x: Tensor) -> Tensor:
    """x hard_sigmoid(x), also called hard_swish (Howard et al. 2019, arXiv:1905.02244)."""
    return F.hardswish(x)


def hard_tanh(x: Tensor) -> Tensor:
    """clip(x, -1, 1)."""
    return F.hardtanh(x)


def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """x where abs(x) > threshold, else 0."""
    return F.hardshrink(x, threshold)


def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """x moved towards 0 by `threshold`, and 0 within it."""
    return F.softshrink(x, threshold)


def tanh_shrink(x: Tensor) -> Tensor:
    """x - tanh(x)."""
    return F.tanhshrink(x)


def threshold(x: Tensor, threshold: float, default_value: float) -> Tensor:
    """x where x > threshold, else `default_value`."""
    return F.threshold(x, threshold, default_value)


def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above zero, alpha (exp(x / alpha) - 1) below (Barron 2017, arXiv:1704.07483)."""
    return F.celu(x, alpha)


def log_sigmoid(x: Tensor) -> Tensor:
    """log(sigmoid(x)), without the loss of precision of doing both."""
    return -F.softplus(-x, threshold=40.0)  # torch's logsigmoid returns another layout


def squareplus(x: Tensor, b: float = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2 (Barron 2021, arXiv:2112.11687)."""
    return (x + torch.sqrt(x.square() + b)) / 2


def sparse_plus(x: Tensor) -> Tensor:
    """0 up to -1, (x + 1)^2 / 4 up to 1, then x: the integral of `sparse_sigmoid`."""
    return torch.where(x < 1, (x + 1).clamp_min(0).square() / 4, x)


def sparse_sigmoid(x: Tensor) -> Tensor:
    """clip((x + 1) / 2, 0, 1) (Blondel et al. 2019, arXiv:1901.02324)."""
    return ((x + 1) / 2).clamp(0, 1)


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


def sparsemax(x: Tensor, axis: int = -1) -> Tensor:
    """max(x - t, 0) with the t that makes it add up to 1 along `axis`.

    The point of the simplex nearest to x (Martins & Astudillo 2016, arXiv:1602.02068): t =
    (sum of the k largest - 1) / k, k the most that all stay positive. Keras 3.15 computes another
    t where k > 1, and its values do not add up to 1.
    """
    falling = x.sort(dim=axis, descending=True).values
    shape = [-1 if a == axis % x.dim() else 1 for a in range(x.dim())]
    rank = torch.arange(1, x.shape[axis] + 1, device=x.device, dtype=x.dtype).view(shape)
    sums = falling.cumsum(axis)
    count = (rank * falling > sums - 1).sum(axis, keepdim=True)
    return (x - (sums.gather(axis, count - 1) - 1) / count).clamp_min(0)


def glu(x: Tensor, axis: int = -1) -> Tensor:
    """a sigmoid(b), a and b the halves of x along `axis` (Dauphin et al. 2016, arXiv:1612.08083).

    Shapes: (..., 2 C) -> (..., C).
    """
    return F.glu(x, axis)


# name in Keras, and what else it is called
ELEMENTWISE: tuple[tuple[Activation, tuple[str, ...]], ...] = (
    (linear, ("identity", "none")),
    (relu, ()),
    (relu6, ()),
    (leaky_relu, ("leakyrelu",)),
    (elu, ()),
    (celu, ()),
    (selu, ()),
    (gelu, ()),
    (silu, ("swish",)),
    (mish, ()),
    (softplus, ()),
    (squareplus, ()),
    (sparse_plus, ()),
    (softsign, ()),
    (tanh, ()),
    (hard_tanh, ("hardtanh",)),
    (sigmoid, ()),
    (log_sigmoid, ("logsigmoid",)),
    (sparse_sigmoid, ()),
    (hard_sigmoid, ("hardsigmoid",)),
    (hard_silu, ("hard_swish", "hardswish", "hardsilu")),
    (hard_shrink, ("hardshrink",)),
    (soft_shrink, ("softshrink",)),
    (tanh_shrink, ("tanhshrink",)),
    (threshold, ()),
    (exponential, ()),
)
ALONG_AN_AXIS: tuple[tuple[Activation, tuple[str, ...]], ...] = (
    (softmax, ()),
    (log_softmax, ("logsoftmax",)),
    (sparsemax, ()),
    (glu, ()),
)

activations: registry.Registry[Any] = registry.Registry("activation")


def _maker(function: Activation) -> Callable[..., Activation]:
    def make(**arguments: Any) -> Activation:
        inspect.signature(function).bind(None, **arguments)
        return functools.partial(function, **arguments) if arguments else function

    return make


for _function, _aliases in (*ELEMENTWISE, *ALONG_AN_AXIS):
    activations.add(_function.__name__, _maker(_function), *_aliases)
_OURS = {id(f): f.__name__ for f, _ in (*ELEMENTWISE, *ALONG_AN_AXIS)}
_OF_EACH_VALUE = {id(f) for f, _ in ELEMENTWISE}


def get(choice: Any, where: str = "") -> Any:
    """The function for a name or a callable; None is `linear`.

    A name with arguments, as a config has it or as `functools.partial` of a function of this
    module, gives the function with these arguments.

    Raises:
        UnknownNameError: no such activation; the nearest names are listed.
        ArgumentError: arguments that it does not take.
    """
    return linear if choice is None else activations.resolve(choice, where)


def named(choice: Any, resolved: Any) -> Named:
    """The name by which a graph refers to an activation."""
    if isinstance(choice, Named):
        return choice
    name, arguments = bare(resolved)
    if name is None:
        return Named(getattr(resolved, "__name__", type(resolved).__name__), custom=True)
    items = freeze_value(arguments)
    return Named(name, items if isinstance(items, Items) else Items())


def bare(activation: Any) -> tuple[str | None, dict[str, Any]]:
    """Name and arguments of one of the functions of this module; None for the user's own."""
    if isinstance(activation, functools.partial) and not activation.args:
        return _OURS.get(id(activation.func)), dict(activation.keywords)
    return _OURS.get(id(activation)), {}


def of_each_value(activation: Any) -> bool:
    """True if an activation is known to look at single values, in whatever order they lie."""
    function = activation.func if isinstance(activation, functools.partial) else activation
    return id(function) in _OF_EACH_VALUE


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
