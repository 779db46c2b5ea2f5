"""How a function of `keras.ops` is called: on symbols it is recorded, on data it computes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from striate import errors
from striate.graph.kinds.functions import FUNCTIONS
from striate.graph.kinds.operation import OPERATIONS
from striate.graph.record import Symbol
from striate.keras.tensors import as_tensor, given_out
from striate.layers.operation import perform, record_function
from striate.ops.functions import DEFINITIONS

# Keras's second names
ALIASES = {
    "abs": "absolute",
    "conjugate": "conj",
    "bitwise_invert": "bitwise_not",
}


@functools.cache
def function(name: str) -> Callable[..., Any]:
    """The public function of a name in `DEFINITIONS`."""
    own = ALIASES.get(name, name)
    definition = DEFINITIONS[own]

    def called(*args: Any, **kwargs: Any) -> Any:
        tensors, arguments = definition.parted(args, kwargs)
        return run(own, tensors, arguments)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = definition.function.__doc__ or f"{name}, value by value."
    called.__module__ = "striate.keras.ops"
    called.__signature__ = definition.signature  # type: ignore[attr-defined]
    return called


def run(name: str, tensors: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    """Records the function if there is a symbol among its tensors, else computes it."""
    if any(isinstance(t, Symbol) for t in tensors):
        return _recorded(name, tensors, arguments)
    definition = DEFINITIONS[name]
    like = [t for t in (*tensors, *arguments.values()) if isinstance(t, torch.Tensor)]
    values = [_value(t, definition.numbers, like) for t in tensors]
    if definition.tensors == 0:
        made = definition.function(**arguments)
        return made if like else given_out(made)
    if definition.tensors is None:
        return definition.function(values, **arguments)
    return definition.function(*values, **arguments)


def _value(given: Any, numbers: bool, like: Sequence[Any]) -> Any:
    if given is None or (numbers and like and isinstance(given, (bool, int, float))):
        return given
    return as_tensor(given, like=like)


def _recorded(name: str, tensors: Sequence[Any], arguments: Mapping[str, Any]) -> Any:
    if name in FUNCTIONS:
        return record_function(name, tensors, arguments)
    if name in OPERATIONS and not arguments:
        return perform(name, *tensors)
    if name == "true_divide":
        return perform("divide", *tensors)
    raise errors.GraphError(
        errors.message(
            f"keras.ops.{name}",
            "it has no rule for the shape of symbols",
            got={"symbol": next(t.shape for t in tensors if isinstance(t, Symbol))},
            expected="data",
            fix="Call it inside a Layer subclass or a Lambda, and that on the symbol",
        )
    )


def public_names(*modules: str) -> list[str]:
    """The names of functions that are defined in some files of `ops.functions`."""
    homes = {f"striate.ops.functions.{module}" for module in modules}
    found = [n for n, d in DEFINITIONS.items() if d.function.__module__ in homes]
    return sorted([*found, *(a for a, own in ALIASES.items() if own in found)])
