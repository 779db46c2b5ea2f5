"""Functions of single values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops import activations
from striate.ops.functions.definitions import dtype_of, enter, entered, floated, met

Unary = Callable[[Tensor], Tensor]
Binary = Callable[[Tensor, Tensor], Tensor]


def _of_one(function: Unary, prepared: Unary | None = None) -> Callable[[Tensor], Tensor]:
    def applied(x: Tensor) -> Tensor:
        return function(x if prepared is None else prepared(x))

    return applied


def _of_two(function: Binary, fractions: bool = False) -> Callable[[Any, Any], Tensor]:
    def applied(x1: Any, x2: Any) -> Tensor:
        a, b = met(x1, x2)
        return function(floated(a), floated(b)) if fractions else function(a, b)

    return applied


_FRACTIONS: dict[str, Unary] = {
    "exp": torch.exp,
    "exp2": torch.exp2,
    "expm1": torch.expm1,
    "log": torch.log,
    "log10": torch.log10,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "cbrt": lambda x: x.sign() * x.abs() ** (1 / 3),
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "arcsin": torch.arcsin,
    "arccos": torch.arccos,
    "arctan": torch.arctan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "arcsinh": torch.arcsinh,
    "arccosh": torch.arccosh,
    "arctanh": torch.arctanh,
    "erf": torch.erf,
    "erfinv": torch.erfinv,
    "sinc": torch.sinc,
    "i0": torch.i0,
    "reciprocal": torch.reciprocal,
    "deg2rad": torch.deg2rad,
    "rad2deg": torch.rad2deg,
    "ceil": torch.ceil,
    "floor": torch.floor,
    "fabs": torch.abs,
    "tanh_shrink": activations.tanh_shrink,
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "softsign": F.softsign,
    "softplus": F.softplus,
    "silu": F.silu,
    "swish": F.silu,
    "selu": F.selu,
    "hard_sigmoid": activations.hard_sigmoid,
    "hard_silu": activations.hard_silu,
    "hard_swish": activations.hard_silu,
    "hard_tanh": activations.hard_tanh,
    "sparse_plus": activations.sparse_plus,
    "sparse_sigmoid": activations.sparse_sigmoid,
}
_AS_THEY_ARE: dict[str, Unary] = {
    "absolute": lambda x: x if x.dtype == torch.bool else torch.abs(x),
    "negative": torch.neg,
    "sign": torch.sign,
    "trunc": torch.trunc,
    "square": lambda x: (x.int() if x.dtype == torch.bool else x) ** 2,
    "relu": F.relu,
    "relu6": F.relu6,
    "copy": torch.clone,
    "conj": torch.conj,
    "real": lambda x: x.real if x.is_complex() else x,
    "imag": lambda x: x.imag if x.is_complex() else torch.zeros_like(x),
    "isnan": torch.isnan,
    "isinf": torch.isinf,
    "isneginf": torch.isneginf,
    "isposinf": torch.isposinf,
    "isfinite": torch.isfinite,
    "signbit": torch.signbit,
    "bitwise_not": torch.bitwise_not,
    "logical_not": torch.logical_not,
}
_TWO: dict[str, Binary] = {
    "add": torch.add,
    "subtract": torch.sub,
    "multiply": torch.mul,
    "floor_divide": torch.floor_divide,
    "mod": torch.remainder,
    "fmod": torch.fmod,
    "power": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "fmax": torch.fmax,
    "fmin": torch.fmin,
    "gcd": torch.gcd,
    "lcm": torch.lcm,
    "heaviside": torch.heaviside,
    "equal": torch.eq,
    "not_equal": torch.ne,
    "greater": torch.gt,
    "greater_equal": torch.ge,
    "less": torch.lt,
    "less_equal": torch.le,
    "logical_and": torch.logical_and,
    "logical_or": torch.logical_or,
    "logical_xor": torch.logical_xor,
}
_TWO_FRACTIONS: dict[str, Binary] = {
    "divide": torch.true_divide,
    "true_divide": torch.true_divide,
    "arctan2": torch.atan2,
    "hypot": torch.hypot,
    "logaddexp": torch.logaddexp,
    "logaddexp2": torch.logaddexp2,
    "nextafter": torch.nextafter,
    "divide_no_nan": lambda a, b: torch.where(b == 0, 0.0, a / torch.where(b == 0, 1.0, b)),
}
_BITS: dict[str, Binary] = {
    "bitwise_and": torch.bitwise_and,
    "bitwise_or": torch.bitwise_or,
    "bitwise_xor": torch.bitwise_xor,
    "left_shift": torch.bitwise_left_shift,
    "bitwise_left_shift": torch.bitwise_left_shift,
    "right_shift": torch.bitwise_right_shift,
    "bitwise_right_shift": torch.bitwise_right_shift,
}

for _name, _function in _FRACTIONS.items():
    enter(_name, _of_one(_function, floated))
for _name, _function in _AS_THEY_ARE.items():
    enter(_name, _of_one(_function))
for _name, _pair in _TWO.items():
    enter(_name, _of_two(_pair), 2, numbers=True)
for _name, _pair in _TWO_FRACTIONS.items():
    enter(_name, _of_two(_pair, fractions=True), 2, numbers=True)


def _of_bits(function: Binary) -> Callable[[Any, Any], Tensor]:
    def applied(x: Any, y: Any) -> Tensor:
        return function(*met(x, y))

    return applied


for _name, _pair in _BITS.items():
    enter(_name, _of_bits(_pair), 2, numbers=True)


@entered()
def clip(x: Tensor, x_min: Any, x_max: Any) -> Tensor:
    """Between two bounds, each a number or a tensor; None leaves an end open."""
    if isinstance(x_min, Tensor) or isinstance(x_max, Tensor):
        low, high = (None if v is None else torch.as_tensor(v).to(x) for v in (x_min, x_max))
        return torch.clamp(x, low, high)
    dtype = torch.result_type(x, x_max if x_min is None else x_min)
    return torch.clamp(x.to(dtype) if dtype.is_floating_point else x, x_min, x_max)


@entered()
def cast(x: Tensor, dtype: Any) -> Tensor:
    """In another number type; fractions are cut off."""
    return x.to(dtype_of(dtype))


@entered()
def saturate_cast(x: Tensor, dtype: Any) -> Tensor:
    """In another number type, what is beyond its range at its ends."""
    wanted = dtype_of(dtype)
    if wanted == torch.bool or wanted.is_floating_point:
        return x.to(wanted)
    ends = torch.iinfo(wanted)
    return x.clamp(ends.min, ends.max).to(wanted)


@entered()
def round_(x: Tensor, decimals: int = 0) -> Tensor:
    """To so many decimals, halves to the even side."""
    return torch.round(x, decimals=decimals) if x.is_floating_point() else x.clone()


@entered()
def nan_to_num(
    x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """With numbers for NaN and the infinities."""
    return torch.nan_to_num(x, nan, posinf, neginf)


@entered(3, numbers=True)
def where(condition: Tensor, x1: Any = None, x2: Any = None) -> Any:
    """x1 where the condition holds, else x2; with the condition alone, the places."""
    condition = torch.as_tensor(condition).bool()
    if x1 is None and x2 is None:
        return tuple(place.int() for place in torch.where(condition))
    return torch.where(condition, *met(x1, x2))


@entered(2, numbers=True)
def isclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether values differ by little."""
    return torch.isclose(*met(x1, x2), rtol=rtol, atol=atol, equal_nan=equal_nan)


@entered(2, numbers=True)
def allclose(
    x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether all values differ by little."""
    return isclose(x1, x2, rtol, atol, equal_nan).all()


@entered()
def stop_gradient(variable: Tensor) -> Tensor:
    """The values, of which no gradient comes back."""
    return variable.detach()


@entered()
def leaky_relu(x: Tensor, negative_slope: float = 0.2) -> Tensor:
    """x above zero, negative_slope x below."""
    return F.leaky_relu(floated(x), negative_slope)


@entered()
def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above zero, alpha (exp(x) - 1) below."""
    return F.elu(floated(x), alpha)


@entered()
def celu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x above zero, alpha (exp(x / alpha) - 1) below."""
    return F.celu(floated(x), alpha)


@entered()
def gelu(x: Tensor, approximate: bool = True) -> Tensor:
    """x times the share of a normal distribution below it."""
    return F.gelu(floated(x), approximate="tanh" if approximate else "none")


@entered()
def hard_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Zero within the threshold, x beyond."""
    return F.hardshrink(floated(x), threshold)


@entered()
def soft_shrink(x: Tensor, threshold: float = 0.5) -> Tensor:
    """Zero within the threshold, x moved towards it beyond."""
    return F.softshrink(floated(x), threshold)


@entered()
def squareplus(x: Tensor, b: float = 4) -> Tensor:
    """(x + sqrt(x^2 + b)) / 2."""
    return activations.squareplus(floated(x), b)


@entered()
def threshold(x: Tensor, threshold: float, default_value: float) -> Tensor:
    """x above the threshold, the default value below."""
    return F.threshold(floated(x), threshold, default_value)
