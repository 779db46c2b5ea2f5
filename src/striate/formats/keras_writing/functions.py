"""Operators and functions on symbols as the operations of Keras 3."""

from __future__ import annotations

from typing import Any

from striate.formats.keras_writing.values import Unwritable, record
from striate.graph.kinds import Operation
from striate.graph.kinds.functions import FUNCTIONS
from striate.graph.kinds.operation import OPERATIONS
from striate.graph.named import to_json

# Where Keras has them; arguments and tensors are called as here.
MODULES = {
    "numpy": """
        exp exp2 expm1 log log10 log1p log2 sqrt sin cos tan arcsin arccos arctan sinh cosh tanh
        arcsinh arccosh arctanh reciprocal deg2rad rad2deg ceil floor sign round trunc clip copy
        nan_to_num square isnan isinf isfinite logical_not zeros_like ones_like maximum minimum
        arctan2 divide_no_nan logaddexp equal not_equal greater greater_equal less less_equal
        logical_and logical_or logical_xor where max min amax amin mean std var median sum prod any
        all argmax argmin count_nonzero cumsum cumprod flip roll sort tril triu argsort reshape
        ravel transpose swapaxes moveaxis expand_dims squeeze repeat tile broadcast_to rot90
        concatenate stack split take take_along_axis diagonal dot tensordot
        """,
    "math": "rsqrt erf erfinv logsumexp top_k",
    "nn": """
        sigmoid log_sigmoid softplus softsign silu gelu elu selu celu hard_sigmoid hard_silu
        hard_tanh hard_shrink soft_shrink tanh_shrink squareplus threshold leaky_relu sparse_plus
        sparse_sigmoid relu relu6 moments softmax log_softmax normalize conv depthwise_conv max_pool
        average_pool one_hot categorical_crossentropy sparse_categorical_crossentropy
        binary_crossentropy
        """,
    "core": "stop_gradient cast saturate_cast unstack",
    "linalg": "norm",
    "image": "resize rgb_to_grayscale rgb_to_hsv hsv_to_rgb crop_images pad_images extract_patches",
}
PLACES = {name: module for module, names in MODULES.items() for name in names.split()}
ALIASES = {"swish": "silu", "hard_swish": "hard_silu"}
CLASSES = {
    "getitem": "GetItem",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "hsv_to_rgb": "HSVToRGB",
}


def operation(name: str, kind: Operation) -> Any:
    """An operation as Keras's class and arguments.

    Raises:
        Unwritable: Keras has none of its kind.
    """
    function = ALIASES.get(kind.operation, kind.operation)
    module = "numpy" if function in OPERATIONS else PLACES.get(function)
    if module is None:
        raise Unwritable(f"the function `{function}`")
    class_name = class_of(function)
    fields = {k: to_json(v) for k, v in kind.arguments}
    return record(f"keras.src.ops.{module}", class_name, {"name": name, **fields}, class_name)


def class_of(function: str) -> str:
    """Keras's class of a function.

    Example:
        >>> class_of("not_equal")
        'NotEqual'
    """
    return CLASSES.get(function) or "".join(p.capitalize() for p in function.split("_"))


def takes_list(kind: Operation) -> bool:
    """Whether its tensors are passed as one list."""
    function = FUNCTIONS.get(kind.operation)
    return function is not None and function.tensors is None
