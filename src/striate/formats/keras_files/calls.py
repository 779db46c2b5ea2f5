"""How a file says what each layer is called on, in the words of every age."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.errors import FormatError, message


@dataclass(frozen=True)
class Ref:
    """One output of one call of a layer.

    Args:
        layer: its name in the file.
        node: the number of the call.
        index: the number of the output.
    """

    layer: str
    node: int
    index: int


@dataclass(frozen=True)
class Called:
    """One call of a layer: its arguments with `Ref`s in place of symbols."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def refs(self) -> list[Ref]:
        """What it is called on, in order."""
        return list(refs_in([*self.args, *self.kwargs.values()]))

    def filled(self, get: Callable[[Ref], Any]) -> tuple[list[Any], dict[str, Any]]:
        """The arguments with symbols for `Ref`s."""
        args = [fill(a, get) for a in self.args]
        return args, {k: fill(v, get) for k, v in self.kwargs.items()}


def refs_in(value: Any) -> Iterator[Ref]:
    """The `Ref`s in nested lists and dicts."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from refs_in(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from refs_in(item)


def fill(value: Any, get: Callable[[Ref], Any]) -> Any:
    """A structure with what `get` gives for each `Ref`."""
    if isinstance(value, Ref):
        return get(value)
    if isinstance(value, (list, tuple)):
        return [fill(v, get) for v in value]
    if isinstance(value, Mapping):
        return {k: fill(v, get) for k, v in value.items()}
    return value


def calls_of(record: Mapping[str, Any], names: set[str], where: str) -> list[Called]:
    """The calls of one layer of a functional model.

    Args:
        record: the entry of the layer.
        names: of all layers of the model.
        where: the file, for messages.
    """
    nodes = record.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise _damaged(where, record.get("name"))
    found = []
    for node in nodes:
        if isinstance(node, Mapping):
            found.append(_today(node))
        elif isinstance(node, list) and node:
            found.append(_earlier(node, names, where, record.get("name")))
    return found


def _today(node: Mapping[str, Any]) -> Called:
    """Keras 3: {"args": [...], "kwargs": {...}} with tensors as `__keras_tensor__`."""
    args, kwargs = node.get("args", []), node.get("kwargs", {})
    return Called(
        tuple(_tensors(a) for a in args),
        {str(k): _tensors(v) for k, v in kwargs.items()},
    )


def _tensors(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            name, node, index = value["config"]["keras_history"]
            return Ref(str(name), int(node), int(index))
        if value.get("class_name") == "__numpy__":
            return np.asarray(value["config"]["value"], value["config"]["dtype"])
        return {k: _tensors(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_tensors(v) for v in value]
    return value


def _earlier(node: list[Any], names: set[str], where: str, layer: Any) -> Called:
    """Before Keras 3: [[name, node, index, kwargs], ...], one level flatter for TFOpLambda."""
    items = [node] if isinstance(node[0], str) else node
    refs: list[Any] = []
    kwargs: dict[str, Any] = {}
    for item in items:
        if not isinstance(item, list) or len(item) < 3:
            raise _damaged(where, layer)
        if item[0] == "_CONSTANT_VALUE":
            refs.append(item[2])
        else:
            refs.append(_ref(item, where, layer))
        if len(item) > 3 and isinstance(item[3], Mapping):
            kwargs.update({str(k): _named(v, names) for k, v in item[3].items()})
    return Called((refs[0] if len(refs) == 1 else refs,), kwargs)


def _ref(item: list[Any], where: str, layer: Any) -> Ref:
    name, node, index = item[:3]
    if not isinstance(name, str) or type(node) is not int or type(index) is not int:
        raise _damaged(where, layer)
    return Ref(name, node, index)


def _named(value: Any, names: set[str]) -> Any:
    """An argument passed by name: ["input", 0, 0] is a tensor if there is such a layer."""
    if isinstance(value, list):
        if _is_ref(value, names):
            return Ref(value[0], value[1], value[2])
        if len(value) > 2 and value[0] == "_CONSTANT_VALUE":
            return value[2]
        return [_named(v, names) for v in value]
    if isinstance(value, Mapping):
        return {k: _named(v, names) for k, v in value.items()}
    return value


def _is_ref(value: list[Any], names: set[str]) -> bool:
    if len(value) not in (3, 4) or not isinstance(value[0], str) or value[0] not in names:
        return False
    return type(value[1]) is int and type(value[2]) is int


def ends_of(value: Any, where: str) -> tuple[tuple[str, ...], list[Ref]]:
    """The inputs or outputs of a model: (keys of a dict, what they are)."""
    if isinstance(value, Mapping):
        return tuple(str(k) for k in value), [_ref(list(v), where, "model") for v in value.values()]
    if not isinstance(value, list) or not value:
        raise _damaged(where, "model")
    if isinstance(value[0], str):
        return (), [_ref(value, where, "model")]
    found: list[Ref] = []
    for item in value:
        found += ends_of(item, where)[1]
    return (), found


def _damaged(where: str, layer: Any) -> FormatError:
    return FormatError(
        message(
            where,
            f"how the layers of `{layer}` are connected cannot be read",
            expected="[[name, node, tensor], ...]",
        )
    )
