"""Choices, loops, functions and gradients at the top of `tensorflow`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from striate.keras import ops
from striate.keras.tensorflow.basic import constant
from striate.keras.tensorflow.text import Text, texts
from striate.keras.tensors import as_tensor


def cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: str | None = None) -> Any:
    """What one of two functions returns."""
    return ops.cond(pred, true_fn, false_fn)


def case(pred_fn_pairs: Any, default: Any = None, **_: Any) -> Any:
    """What the function of the first condition that holds returns."""
    return next((f() for pred, f in pred_fn_pairs if bool(pred)), None) or (default and default())


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    maximum_iterations: int | None = None,
    **_: Any,
) -> Any:
    """Calls `body` on what it returned before, while `cond` holds."""
    return ops.while_loop(cond, body, loop_vars, maximum_iterations)


def map_fn(fn: Callable[[Any], Any], elems: Any, *_: Any, **__: Any) -> Any:
    """What a function returns for each slice along the first axis, stacked."""
    if texts.holds(elems):
        return ops.stack([fn(row) for row in elems])
    return ops.map(fn, elems)


def vectorized_map(fn: Callable[[Any], Any], elems: Any, **_: Any) -> Any:
    """`map_fn` by another name."""
    return ops.map(fn, elems)


def custom_gradient(f: Any) -> Any:
    """A function with a gradient of its own."""
    return ops.custom_gradient(f)


def py_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any = None, **_: Any) -> Any:
    """What a function of Python returns, as tensors."""
    return _as_tensors(func(*inp))


def numpy_function(func: Callable[..., Any], inp: Sequence[Any], Tout: Any = None, **_: Any) -> Any:
    """What a function of arrays returns, as tensors."""
    return _as_tensors(
        func(*(texts.bytes_of(v) if isinstance(v, Text) else np.asarray(v) for v in inp))
    )


py_func = numpy_function


def _as_tensors(out: Any) -> Any:
    if isinstance(out, (list, tuple)) and any(not np.isscalar(o) for o in out):
        return [as_tensor(o) for o in out]
    return constant(out)


def print_(*inputs: Any, **_: Any) -> None:
    """Prints values."""
    sys.stdout.write(" ".join(str(v) for v in inputs) + "\n")


def function(func: Any = None, **_: Any) -> Any:
    """The function itself: it runs as it is, line by line."""
    return func if func is not None else lambda f: f


def group(*_: Any, **__: Any) -> None:
    """Nothing: what was to be run has run."""


no_op = group


def executing_eagerly() -> bool:
    """Always."""
    return True


def gradients(ys: Any, xs: Any, *_: Any, **__: Any) -> Any:
    """`K.gradients`."""
    from striate.keras.backend import graphs

    return graphs.gradients(ys, xs)


NAMES: dict[str, Any] = {
    name.removesuffix("_"): value
    for name, value in list(globals().items())
    if name[0] != "_" and getattr(value, "__module__", "") == __name__
}
