"""keras.ops.numpy: NumPy's functions on tensors and symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from striate.graph.record import Symbol
from striate.graph.spec import product
from striate.keras.ops import calling
from striate.keras.tensors import as_tensor

_HOMES = ("elementwise", "reductions", "shaping", "creation", "products")
_ELSEWHERE = {
    *("relu", "relu6", "sigmoid", "log_sigmoid", "softsign", "softplus", "silu", "swish", "selu"),
    *("hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "sparse_plus", "sparse_sigmoid"),
    *("leaky_relu", "elu", "celu", "gelu", "hard_shrink", "soft_shrink", "tanh_shrink"),
    *("squareplus", "threshold", "cast", "saturate_cast", "stop_gradient", "in_top_k", "top_k"),
    *("conv", "depthwise_conv", "separable_conv", "conv_transpose", "dot_product_attention"),
    *("det", "inv", "eig", "eigh", "cholesky", "pinv", "qr", "svd", "solve", "lstsq", "norm"),
    *("solve_triangular", "matrix_rank", "gradient", "erf", "erfinv", "logsumexp", "rsqrt"),
    *("moments", "scatter", "scatter_update", "slice", "slice_update", "unstack"),
}
_FROM_TABLE = [n for n in calling.public_names(*_HOMES) if n not in _ELSEWHERE]
_OWN = ("array", "einsum", "meshgrid", "ndim", "select", "size", "vectorize", "hsplit", "vsplit")

__all__ = sorted([*_FROM_TABLE, *_OWN])

globals().update({name: calling.function(name) for name in _FROM_TABLE})


def array(x: Any, dtype: Any = None) -> Any:
    """As a tensor."""
    return as_tensor(x, dtype)


def einsum(subscripts: str, *operands: Any, **kwargs: Any) -> Any:
    """Sums of products by letters."""
    return calling.run("einsum", operands, {"subscripts": subscripts})


def meshgrid(*x: Any, indexing: str = "xy") -> list[Any]:
    """The coordinates of a grid."""
    return list(calling.function("meshgrid")(list(x), indexing=indexing))


def ndim(x: Any) -> int:
    """How many axes it has."""
    return len(x.shape) if isinstance(x, Symbol) else int(as_tensor(x).dim())


def size(x: Any) -> Any:
    """How many values it has; None for a symbol with an open size."""
    sizes = tuple(x.shape) if isinstance(x, Symbol) else tuple(as_tensor(x).shape)
    return product(sizes)


def select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The choice of the first condition that holds."""
    out = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        out = calling.function("where")(condition, choice, out)
    return out


def hsplit(x: Any, indices_or_sections: Any) -> Any:
    """Parts along the second axis, of a vector along its only one."""
    return calling.function("split")(x, indices_or_sections, axis=0 if ndim(x) == 1 else 1)


def vsplit(x: Any, indices_or_sections: Any) -> Any:
    """Parts along the first axis."""
    return calling.function("split")(x, indices_or_sections, axis=0)


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Any = None, signature: Any = None
) -> Callable[..., Any]:
    """A function of numbers, called for each value."""

    def called(*args: Any) -> Any:
        values = np.vectorize(lambda *numbers: np.asarray(pyfunc(*numbers)))
        return as_tensor(values(*(np.asarray(a) for a in args)))

    return called
