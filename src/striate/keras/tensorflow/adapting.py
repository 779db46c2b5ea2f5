"""Functions of keras.ops under TensorFlow's names and arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from striate.keras.ops import calling
from striate.ops.functions import DEFINITIONS

# Names of arguments in TensorFlow 1 and 2 -> in Keras; `name` and the like mean nothing here.
_FIRST = ("input_tensor", "input", "a", "tensor", "features", "logits", "value", "values", "params")
_OLD = {"keep_dims": "keepdims", "reduction_indices": "axis", "dimension": "axis", "dim": "axis"}
_NOTHING = {"name", "validate_shape", "Tout", "conjugate"}


def adapted(name: str, own: str = "", /, **defaults: Any) -> Callable[..., Any]:
    """A function of keras.ops as TensorFlow has it.

    Args:
        name: in keras.ops.
        own: in TensorFlow; the same by default.
        defaults: of arguments that TensorFlow has other defaults for.
    """
    function = calling.function(name)
    first = next(iter(DEFINITIONS[calling.ALIASES.get(name, name)].signature.parameters))

    def called(*args: Any, **kwargs: Any) -> Any:
        given = translated(kwargs, first if not args else "")
        if defaults and len(args) < 2:
            given = {**defaults, **given}
        return function(*args, **given)

    called.__name__ = called.__qualname__ = own or name
    called.__doc__ = function.__doc__
    return called


def translated(kwargs: Mapping[str, Any], first: str = "") -> dict[str, Any]:
    """Arguments by Keras's names."""
    found: dict[str, Any] = {}
    for key, value in kwargs.items():
        if key in _NOTHING:
            continue
        if first and key in _FIRST:
            key = first
        elif first == "x1" and key in ("x", "y"):
            key = {"x": "x1", "y": "x2"}[key]
        found[_OLD.get(key, key)] = value
    if first == "" and "y" in found:
        found["x2"] = found.pop("y")
    return found


def table(names: str) -> dict[str, Callable[..., Any]]:
    """Several at once: "name" or "tensorflow=keras"."""
    pairs = (entry.partition("=") for entry in names.split())
    return {ours: adapted(keras or ours, ours) for ours, _, keras in pairs}
