"""How Keras would call the layers of a graph: arguments, without the masks that values carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from striate.formats.keras_files.order import carried
from striate.formats.keras_writing.functions import takes_list
from striate.formats.keras_writing.values import Unwritable
from striate.graph import Graph
from striate.graph.graph import Node, Port
from striate.graph.kinds import (
    AdditiveAttention,
    Attention,
    MultiHeadAttention,
    Nested,
    Operation,
    StackedRNNCells,
)
from striate.graph.kinds.calling import Calling
from striate.graph.kinds.operation import ARRAY, INDEX, INPUT, NEW
from striate.layers.calls import leaves, template_of

TWO_MASKS = ("query_mask", "value_mask")


@dataclass(frozen=True)
class Call:
    """One call of a layer; outputs of others stand in it as their `Port`s.

    Args:
        args: by place.
        kwargs: by name.
    """

    args: list[Any]
    kwargs: dict[str, Any]


def call_of(node: Node, graph: Graph) -> Call:
    """The call of a node.

    Raises:
        Unwritable: it cannot be said in Keras's words.
    """
    if isinstance(node.kind, Operation):
        return _operation(node.kind, node.inputs)
    if isinstance(node.kind, Nested):
        return _model(node.kind, node.inputs, graph)
    args, kwargs = template_of(node.kind, len(node.inputs)).join(node.inputs)
    kwargs = {k: v for k, v in kwargs.items() if k != "training" and not _is_carried(k, v, graph)}
    if isinstance(node.kind, (Attention, AdditiveAttention)):
        return _attention(args, kwargs)
    if isinstance(node.kind, MultiHeadAttention):
        args = [*(kwargs.pop(r) for r in ("query", "value") if r in kwargs), *args]
    elif isinstance(node.kind, Calling) and not args:
        args = [kwargs.pop(node.kind.roles[0])]
    if isinstance(node.kind, StackedRNNCells):
        kwargs["states"] = _by_cell(node.kind, kwargs["states"])
    return Call(args, kwargs)


def _is_carried(name: str, value: Any, graph: Graph) -> bool:
    """Whether an argument is a mask that comes with what the layer is called on."""
    ports = [leaf for leaf in leaves(value) if isinstance(leaf, Port)]
    return name.endswith("mask") and bool(ports) and all(carried(graph, p) for p in ports)


def _attention(args: list[Any], kwargs: dict[str, Any]) -> Call:
    """Keras has what these layers look at in one list, and the masks in another."""
    seen = args or [[kwargs.pop(r) for r in ("query", "value", "key") if r in kwargs]]
    masks = [kwargs.pop(name, None) for name in TWO_MASKS]
    if any(mask is not None for mask in masks):
        kwargs["mask"] = masks
    return Call(seen, kwargs)


def _by_cell(kind: StackedRNNCells, states: Any) -> list[Any]:
    """The states of each cell as a list of their own, as Keras takes them."""
    rest = iter(leaves(states))
    counts = [len(node.inputs) - 1 for _, node in kind.held]
    return [[next(rest) for _ in range(count)] for count in counts]


def _model(kind: Nested, inputs: tuple[Port, ...], graph: Graph) -> Call:
    count = len(kind.inner.inputs)
    if not all(carried(graph, port) for port in inputs[count:]):
        raise Unwritable("a model called with a mask that none of its inputs carries")
    values = inputs[:count]
    if kind.inner.input_keys:
        return Call([dict(zip(kind.inner.input_keys, values, strict=True))], {})
    return Call([values[0] if count == 1 else list(values)], {})


def _operation(kind: Operation, inputs: tuple[Port, ...]) -> Call:
    args = [_operand(operand, inputs) for operand in kind.operands]
    if kind.operation == "getitem":
        args = [inputs[0], [_entry(entry) for entry in kind.key]]
    return Call([args] if takes_list(kind) else args, {})


def _operand(operand: tuple[Any, ...], inputs: tuple[Port, ...]) -> Any:
    if operand[0] == INPUT:
        return inputs[operand[1]]
    if operand[0] != ARRAY:
        return operand[1]
    dtype, shape, values = operand[1:]
    nested = list(values)
    for size in reversed(shape[1:]):
        nested = [nested[i : i + size] for i in range(0, len(nested), size)]
    content = nested if shape else nested[0]
    return {"class_name": "__numpy__", "config": {"value": content, "dtype": dtype}}


def _entry(entry: tuple[Any, ...]) -> Any:
    if entry[0] == NEW:
        return None
    if entry[0] == INDEX:
        return entry[1]
    ends = dict(zip(("start", "stop", "step"), entry[1:], strict=True))
    return {"class_name": "__slice__", "config": ends}


def tensors(value: Any, written: Mapping[Port, Any]) -> Any:
    """A part of a call as JSON values, outputs of other layers as Keras's references."""
    if isinstance(value, Port):
        return written[value]
    if isinstance(value, dict):
        return {k: tensors(v, written) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [tensors(v, written) for v in value]
    return value
