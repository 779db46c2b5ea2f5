"""One layer as Keras 3 has it in its files: class and arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from striate.formats.keras_writing import table
from striate.formats.keras_writing.functions import operation
from striate.formats.keras_writing.values import FLOAT32, Unwritable, function, record, written
from striate.graph import Graph
from striate.graph.graph import Node
from striate.graph.kinds import (
    Activation,
    Bidirectional,
    ChannelsFirst,
    Custom,
    InputLayer,
    Nested,
    Operation,
    StackedRNNCells,
)
from striate.graph.kinds.wrapping import Wrapping
from striate.graph.named import Named, to_json
from striate.layers.arguments import FILLED_BY_CALLS

Networks = Callable[[Graph, str, bool], Any]  # a whole model: graph, name, whether it is trained
LAYERS = "keras.layers"


def layer(node: Node, networks: Networks) -> Any:
    """A layer as Keras's class and arguments.

    Args:
        node: its first call.
        networks: writes models that are used as layers.

    Raises:
        Unwritable: Keras has no such layer, or not with these arguments.
    """
    kind = node.kind
    if isinstance(kind, InputLayer):
        return _input(node.layer, kind)
    if isinstance(kind, Nested):
        return networks(kind.inner, node.layer, node.trainable)
    if isinstance(kind, Operation):
        return operation(node.layer, kind)
    if isinstance(kind, Custom):
        return _custom(node, kind)
    if isinstance(kind, ChannelsFirst):
        return _channels_first(node, kind, networks)
    class_name, fields = _called(node)
    base = _base(node)
    if class_name in table.WITHOUT_TRAINABLE:
        del base["trainable"]
    fields = {**base, **fields}
    if isinstance(kind, Wrapping):
        fields.update(_wrapped(kind, networks))
    return record(LAYERS, class_name, fields)


def _input(name: str, kind: InputLayer) -> Any:
    fields = {"batch_shape": list(kind.shape), "dtype": kind.dtype, "name": name}
    return record(LAYERS, "InputLayer", {**fields, "sparse": False, "ragged": False})


def _base(node: Node) -> dict[str, Any]:
    return {"name": node.layer, "trainable": node.trainable, "dtype": FLOAT32}


def _called(node: Node) -> tuple[str, dict[str, Any]]:
    """Keras's class and the arguments of this kind alone."""
    kind = node.kind
    name = type(kind).__name__
    if name == "GELU" and not kind.approximate:  # type: ignore[attr-defined]
        return "Activation", {"activation": "gelu"}
    if isinstance(kind, Activation) and kind.activation.config:
        return _activation(kind)
    if name not in table.SAME and name not in table.RENAMED:
        raise Unwritable("")
    values = {f.name: getattr(kind, f.name) for f in dataclasses.fields(kind)}
    values = {k: v for k, v in values.items() if k not in FILLED_BY_CALLS}
    _check(name, values)
    for kinds, field, nothing in table.NOTHING_THERE:
        if name in kinds and field in values and values.pop(field) != nothing:
            raise Unwritable(f"`{field}`")
    fields = {k: written(k, v) for k, v in values.items()}
    if name in table.RENAMED:
        return table.RENAMED[name](fields)
    if name in table.WITH_DATA_FORMAT:
        fields["data_format"] = "channels_last"
    if name in table.OF_ONE_AXIS:
        field = table.OF_ONE_AXIS[name]
        fields[field] = fields[field][0]
    return name, fields


def _check(name: str, values: dict[str, Any]) -> None:
    for kinds, field, value in table.REFUSED:
        if (name in kinds or not kinds) and values.get(field) == value:
            raise Unwritable(f"{field}={value!r}")


def _activation(kind: Activation) -> tuple[str, dict[str, Any]]:
    """An activation with arguments is a layer of its own in Keras, if it is anything."""
    name = table.ACTIVATION_LAYERS.get(kind.activation.name)
    if name is None or kind.activity_regularizer is not None:
        written("activation", kind.activation)  # says what cannot be written
    return str(name), {k: written(k, v) for k, v in kind.activation.config}


def _wrapped(kind: Wrapping, networks: Networks) -> dict[str, Any]:
    held = dict(kind.held)
    if isinstance(kind, StackedRNNCells):
        return {"cells": [layer(node, networks) for node in held.values()]}
    if isinstance(kind, Bidirectional):
        return _both_ways(held["forward_layer"], held["backward_layer"], networks)
    return {name: layer(node, networks) for name, node in held.items()}


def _both_ways(forward: Node, backward: Node, networks: Networks) -> dict[str, Any]:
    """The layers of a `Bidirectional`; Keras puts `forward_` and `backward_` before the names."""
    fields = {"layer": layer(forward, networks), "backward_layer": layer(backward, networks)}
    for field, prefix in (("layer", "forward_"), ("backward_layer", "backward_")):
        config = fields[field]["config"]
        config["name"] = config["name"].removeprefix(prefix)
    return fields


def _custom(node: Node, kind: Custom) -> Any:
    """A layer of the user's own: its class by name, for `custom_objects` of Keras's loader."""
    values = {**dict(kind.config), **_base(node)}
    if kind.class_name != "Lambda":
        fields = {k: _plain(v) for k, v in values.items()}
        return record(None, kind.class_name, fields, kind.class_name)
    called = values.pop("function")
    if not isinstance(called, Named) or not called.name.isidentifier():
        raise Unwritable("a function without a name, and files hold no code")
    fields = {k: _plain(v) for k, v in values.items()}
    return record(LAYERS, "Lambda", {**fields, "function": function(called.name)})


def _plain(value: Any) -> Any:
    """A value of the user's `get_config`."""
    if isinstance(value, Named):
        return function(value.name) if value.custom else value.name
    return to_json(value)


def _channels_first(node: Node, kind: ChannelsFirst, networks: Networks) -> Any:
    """The layer inside, told that the channels come first."""
    inner = dataclasses.replace(kind.node, layer=node.layer)
    inner = dataclasses.replace(inner, trainable=node.trainable and kind.node.trainable)
    found = layer(inner, networks)
    name, config = found["class_name"], found["config"]
    if name in table.WITH_DATA_FORMAT:
        config["data_format"] = "channels_first"
    elif name in table.WITH_AXIS:
        rank = kind.inner.input_specs[0].rank
        config["axis"] = _axes_first(config["axis"], rank)
    elif name not in table.OF_EACH_VALUE:
        raise Unwritable("channels first")
    return found


def _axes_first(axis: Any, rank: int) -> Any:
    """Axes of channels-last images as those of channels-first ones."""
    if isinstance(axis, list):
        return [_axes_first(a, rank) for a in axis]
    place = axis % rank
    return 1 if place == rank - 1 else place + (place > 0)
