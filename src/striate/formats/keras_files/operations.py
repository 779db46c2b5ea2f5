"""Functions that a file names as layers (TFOpLambda, Keras 3's operations), as far as they map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from striate.formats.keras_files.configs import Record, Scope, plain_name
from striate.graph import Symbol
from striate.graph.kinds.functions import FUNCTIONS
from striate.layers import Activation, Concatenate, Layer, Permute, Reshape
from striate.layers.calls import leaves
from striate.layers.operation import perform, record_function
from striate.ops.functions import DEFINITIONS

# name of a function in TensorFlow or Keras -> the operation, and whether its operands are turned
_BINARY: dict[str, tuple[str, bool]] = {
    "add": ("add", False),
    "radd": ("add", True),
    "subtract": ("subtract", False),
    "sub": ("subtract", False),
    "rsub": ("subtract", True),
    "multiply": ("multiply", False),
    "mul": ("multiply", False),
    "rmul": ("multiply", True),
    "divide": ("divide", False),
    "truediv": ("divide", False),
    "true_divide": ("divide", False),
    "rtruediv": ("divide", True),
    "floordiv": ("floor_divide", False),
    "floor_divide": ("floor_divide", False),
    "mod": ("mod", False),
    "pow": ("power", False),
    "power": ("power", False),
    "matmul": ("matmul", False),
    "logical_and": ("logical_and", False),
    "logical_or": ("logical_or", False),
}
_UNARY = {"negative": "negative", "neg": "negative", "abs": "absolute", "absolute": "absolute"}
_ACTIVATIONS = frozenset(
    {
        "relu",
        "relu6",
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
        "softplus",
        "softsign",
        "elu",
        "selu",
        "silu",
        "swish",
        "gelu",
        "hard_sigmoid",
        "hard_swish",
        "hard_silu",
        "leaky_relu",
        "mish",
    }
)
_CLASSES = ("TFOpLambda", "SlicingOpLambda")
_OF_MASKS = ("not_equal", "any")  # what Keras 3 records of masks; here they follow by themselves
# What merging layers record of the masks of their inputs.
_OF_SEVERAL_MASKS = ("logical_or", "logical_and", "concatenate", "expand_dims", "all")
_FILLED = ("zeros_like", "ones_like")  # they have a dtype of their own, as layers do; bool: a mask
_SECOND = ("y", "x2", "b", "other")


@dataclass(frozen=True)
class Following:
    """A mask that Keras 3 recorded as operations: the symbols carry it here by themselves."""


class Recorded:
    """A function of a file that is recorded on symbols under the name that it has there.

    Args:
        name: of the layer in the file.
        kind: how messages call it.
        function: its plain name, such as "add".
        config: its settings.
        scope: the file.
    """

    def __init__(
        self, name: str, kind: str, function: str, config: Mapping[str, Any], scope: Scope
    ) -> None:
        self.name, self.kind, self.function = name, kind, function
        self.config, self.scope = config, scope

    def record(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Symbol | Following:
        """The symbol that it returns, or a mask that needs none."""
        if self._is_mask([*args, *kwargs.values()]):
            return Following()
        given = {k: v for k, v in {**self.config, **kwargs}.items() if k not in ("name", "dtype")}
        out = self._recorded(list(args), given)
        layer = leaves(out)[0].call.owner  # some functions return several
        if isinstance(layer, Layer):
            layer.given_name, layer.automatic_name = None, plain_name(self.name)
        return out

    def _is_mask(self, operands: Sequence[Any]) -> bool:
        filled = self.function in _FILLED and self.config.get("dtype") == "bool"
        if self.function in _OF_MASKS or filled:
            return self.scope.has_masks
        return self.function in _OF_SEVERAL_MASKS and _follows(operands)

    def _recorded(self, args: list[Any], given: dict[str, Any]) -> Symbol:
        function = self.function
        if function in _BINARY:
            second = next((given[k] for k in _SECOND if k in given), None)
            values = [*args, second] if second is not None else args
            if len(values) == 1 and isinstance(values[0], list):
                values = values[0]
            if len(values) == 2:
                operation, turned = _BINARY[function]
                found: Symbol = perform(operation, *(reversed(values) if turned else values))
                return found
        if function in _UNARY:
            return perform(_UNARY[function], args[0])  # type: ignore[no-any-return]
        if function in _ACTIVATIONS:
            return self._activation(args[0], given)
        if function in _MAKERS:
            made: Symbol = _MAKERS[function](args, given)
            return made
        if function in FUNCTIONS:
            return self._named(args, {**self.config, **given})  # type: ignore[no-any-return]
        raise self._unknown()

    def _named(self, args: Sequence[Any], given: Mapping[str, Any]) -> Any:
        """A function of the table, whose arguments are called as in Keras 3."""
        definition = DEFINITIONS[self.function]
        known = {k: v for k, v in given.items() if k in definition.signature.parameters}
        return record_function(self.function, *definition.parted(args, known))

    def _activation(self, x: Any, given: Mapping[str, Any]) -> Symbol:
        known = {"alpha": "negative_slope", "negative_slope": "negative_slope", "axis": "axis"}
        config = {known[k]: v for k, v in given.items() if k in known and v is not None}
        if self.function in ("elu", "selu"):
            config = {}
        choice: Any = {"class_name": self.function, "config": config} if config else self.function
        made: Symbol = Activation(choice)(x)
        return made

    def _unknown(self) -> Exception:
        return self.scope.refuse(
            self.name,
            self.kind,
            f"the function `{self.function}` is not one that striate has as an operation",
            fix="Pass a layer, or a function of tensors, under its name:"
            f' load_model(path, custom_objects={{"{self.name}": ...}})',
        )


def _follows(values: Sequence[Any]) -> bool:
    """Whether one of the operands is a mask that the symbols carry."""
    return any(_follows(v) if isinstance(v, list) else isinstance(v, Following) for v in values)


def _concatenated(args: Sequence[Any], given: Mapping[str, Any]) -> Any:
    values = args[0] if isinstance(args[0], list) else list(args)
    return Concatenate(axis=int(given.get("axis", -1)))(values)


def _reshaped(args: Sequence[Any], given: Mapping[str, Any]) -> Any:
    shape = given.get("shape", given.get("newshape", args[1] if len(args) > 1 else None))
    return Reshape(tuple(-1 if n is None else n for n in list(shape or [])[1:]))(args[0])


def _permuted(args: Sequence[Any], given: Mapping[str, Any]) -> Any:
    order = given.get("perm", given.get("axes", args[1] if len(args) > 1 else None))
    return Permute(tuple(list(order or [])[1:]))(args[0])


def _sliced(args: Sequence[Any], given: Mapping[str, Any]) -> Any:
    key = given.get("slice_spec", given.get("key", args[1] if len(args) > 1 else None))
    entries = key if isinstance(key, list) else [key]
    return args[0][tuple(_entry(e) for e in entries)]


def _entry(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") in ("__slice__", "slice"):
            config = value.get("config", {})
            return slice(*(config.get(k) for k in ("start", "stop", "step")))
        if value.get("class_name") == "__ellipsis__":
            return ...
        return slice(*(value.get(k) for k in ("start", "stop", "step")))
    return ... if value in ("Ellipsis", "...") else value


_MAKERS: dict[str, Callable[[Sequence[Any], Mapping[str, Any]], Any]] = {
    "concat": _concatenated,
    "concatenate": _concatenated,
    "reshape": _reshaped,
    "transpose": _permuted,
    "getitem": _sliced,
    "get_item": _sliced,
}

_KNOWN = {*_BINARY, *_UNARY, *_ACTIVATIONS, *_MAKERS, *_OF_MASKS, *_OF_SEVERAL_MASKS, *FUNCTIONS}


def of(entry: Record, scope: Scope) -> Recorded | None:
    """The function that an entry of a file names; None if it is an ordinary layer."""
    config = entry.get("config")
    kind = str(entry.get("class_name"))
    if not isinstance(config, Mapping):
        return None
    name = str(entry.get("name") or config.get("name", kind))
    if {name, plain_name(name)} & set(scope.objects):
        return None
    if kind in _CLASSES:
        function = str(config.get("function", "getitem")).rpartition(".")[2]
        return Recorded(name, kind, function, {}, scope)
    module = str(entry.get("module") or "")
    function = _snake(kind)
    of_layers = {"trainable"} if function in _FILLED else {"trainable", "dtype"}
    plain = scope.age == 3 and not module and not of_layers & set(config)
    if ".ops" in module or (plain and function in _KNOWN):
        return Recorded(name, kind, function, config, scope)
    return None


def _snake(kind: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in kind).lstrip("_")
