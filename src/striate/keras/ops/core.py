"""keras.ops.core: conversions, loops, choices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from striate.graph.record import Symbol
from striate.keras.ops import calling
from striate.keras.tensors import Tensor, as_plain, as_tensor, given_out
from striate.layers.calls import leaves

_FROM_TABLE = "cast saturate_cast scatter scatter_update slice slice_update stop_gradient unstack"
_OWN = """
cond convert_to_numpy convert_to_tensor custom_gradient dtype fori_loop is_tensor map scan shape
switch vectorized_map while_loop
"""

__all__ = sorted([*_FROM_TABLE.split(), *_OWN.split()])

globals().update({name: calling.function(name) for name in _FROM_TABLE.split()})


def convert_to_tensor(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Any:
    """An array, a number or a list as a tensor; symbols stay symbols."""
    return as_tensor(x, dtype)


def convert_to_numpy(x: Any) -> np.ndarray[Any, Any]:
    """The values as an array."""
    found = as_tensor(x)
    return found.numpy() if isinstance(found, Tensor) else found.detach().cpu().numpy()


def is_tensor(x: Any) -> bool:
    """Whether it is a tensor or a symbol."""
    return isinstance(x, (torch.Tensor, Symbol))


def shape(x: Any) -> tuple[Any, ...]:
    """The sizes; None where a symbol's is open."""
    return tuple(x.shape) if isinstance(x, Symbol) else tuple(as_tensor(x).shape)


def dtype(x: Any) -> str:
    """The name of the number type."""
    return str(as_tensor(x).dtype).removeprefix("torch.")


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """What one of two functions returns; only that one is called."""
    return true_fn() if bool(pred) else false_fn()


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """What the function of this number returns; the number is kept within the list."""
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
) -> Any:
    """Calls `body` on what it returned before, while `cond` of that holds."""
    several = isinstance(loop_vars, (list, tuple))
    state = tuple(loop_vars) if several else (loop_vars,)
    turns = 0
    while bool(cond(*state)) and (maximum_iterations is None or turns < maximum_iterations):
        out = body(*state)
        state = tuple(out) if isinstance(out, (list, tuple)) else (out,)
        turns += 1
    return type(loop_vars)(state) if several else state[0]


def fori_loop(lower: int, upper: int, body_fun: Callable[[int, Any], Any], init_val: Any) -> Any:
    """Calls `body_fun(i, value)` for each i, on what it returned before."""
    value = init_val
    for i in range(int(lower), int(upper)):
        value = body_fun(i, value)
    return value


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: Any = 1,
) -> tuple[Any, Any]:
    """Calls `f(carry, x)` along the first axis; the last carry, and all results stacked."""
    parts = leaves(xs) if xs is not None else []
    count = len(parts[0]) if parts else int(length or 0)
    state, found = init, []
    for i in range(count)[:: -1 if reverse else 1]:
        state, made = f(state, _at(xs, i))
        found.append(made)
    found = found[::-1] if reverse else found
    return state, _stacked(found)


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """What a function returns for each slice along the first axis, stacked."""
    count = len(leaves(xs)[0])
    return _stacked([f(_at(xs, i)) for i in range(count)])


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """`map` by its other name."""
    return map(function, elements)


def _at(xs: Any, i: int) -> Any:
    if isinstance(xs, dict):
        return {key: _at(x, i) for key, x in xs.items()}
    if isinstance(xs, (list, tuple)):
        return type(xs)(_at(x, i) for x in xs)
    return None if xs is None else as_tensor(xs)[i]


def _stacked(found: list[Any]) -> Any:
    first = found[0]
    if isinstance(first, dict):
        return {key: _stacked([f[key] for f in found]) for key in first}
    if isinstance(first, (list, tuple)):
        return type(first)(_stacked(list(parts)) for parts in zip(*found, strict=True))
    return None if first is None else calling.function("stack")(found)


def custom_gradient(f: Callable[..., tuple[Any, Callable[..., Any]]]) -> Callable[..., Any]:
    """A function with a gradient of its own: `f` returns its result and that gradient.

    Example:
        >>> @custom_gradient
        ... def clipped(x):
        ...     return x * 2, lambda upstream: upstream * 0 + 1
        >>> x = convert_to_tensor([3.0]).requires_grad_()
        >>> clipped(x).sum().backward()
        >>> x.grad.tolist()
        [1.0]
    """

    class Own(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *values: torch.Tensor) -> Any:
            out, ctx.gradient = f(*(given_out(v.detach()) for v in values))
            return as_plain(out)

        @staticmethod
        def backward(ctx: Any, *upstream: torch.Tensor) -> Any:
            found = ctx.gradient(*(given_out(u) for u in upstream))
            many = found if isinstance(found, (list, tuple)) else (found,)
            return tuple(as_plain(g) for g in many)

    def called(*args: Any) -> Any:
        return given_out(Own.apply(*(as_tensor(a) for a in args)))  # type: ignore[no-untyped-call]

    return called
