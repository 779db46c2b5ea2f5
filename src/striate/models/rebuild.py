"""Models from graphs: layers are made from their kinds, by a fixed table, never by import."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from striate import errors
from striate.graph import Graph, Node
from striate.graph.graph import Port
from striate.graph.kinds import Custom, InputLayer, Nested, Wrapping
from striate.graph.named import to_json
from striate.graph.record import Recording, Symbol
from striate.layers import LAYERS, BuiltIn, Layer
from striate.layers import InputLayer as EntryLayer
from striate.layers.wrapping import Holding
from striate.models import foreign
from striate.models.masking import called
from striate.models.model import Model
from striate.models.own_objects import custom_layer, inside, own_objects
from striate.models.sequential import Sequential


def model_from_graph(graph: Graph, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with new weights for a graph.

    Args:
        graph: what to build.
        custom_objects: what the user wrote, by name. A class or a function by its own name. By
            the name of a layer: its class, a ready layer, or the function of a `Lambda`. By
            "layer/argument": what a layer was given there, such as "dense/activation". Of layers
            inside others the path: "encoder/dense/activation".

    Raises:
        FormatError: the graph names code of the user's that is not in `custom_objects`.
    """
    objects = custom_objects or {}
    if graph.form in objects:
        return _own_class(graph, objects)
    layers: dict[str, Layer] = {}
    values: dict[Port, Symbol] = {}
    for node in graph:
        layer = layers.get(node.layer)
        if layer is None:
            layer = layers[node.layer] = _layer(node, objects)
        entry = isinstance(node.kind, InputLayer)
        inputs = [values[p] for p in node.inputs]
        made = [layer.output] if entry else called(node.kind, layer, inputs)
        for i, symbol in enumerate(made):
            values[Port(node.name, i)] = symbol
    for name, layer in layers.items():
        _set_trainable(layer, next(n for n in graph if n.layer == name))
    model = _assembled(graph, layers, values)
    model.metadata.update(to_json(graph.metadata))
    return model


def _assembled(graph: Graph, layers: Mapping[str, Layer], values: Mapping[Port, Symbol]) -> Model:
    if graph.form == "Sequential":
        model: Model = Sequential(list(layers.values()), name=graph.name)
        return model
    symbols: dict[str, tuple[Symbol, ...]] = {}
    for node in graph:
        symbols[node.name] = tuple(values[Port(node.name, i)] for i in range(len(node.outputs)))
    model = Model(name=graph.name)
    owners: dict[str, Any] = dict(layers)
    model._adopt(Recording(dataclasses.replace(graph, form="Model"), owners, symbols))
    return model


def _layer(node: Node, objects: Mapping[str, Any]) -> Layer:
    kind = node.kind
    given = objects.get(node.layer)
    if isinstance(kind, InputLayer):
        layer: Layer = EntryLayer(batch_shape=kind.shape, dtype=kind.dtype)
    elif isinstance(given, Layer):
        layer = given
    elif isinstance(kind, Nested):
        layer = model_from_graph(kind.inner, inside(node.layer, objects))
    elif isinstance(kind, Custom):
        layer = custom_layer(node, kind, objects)
    else:
        layer = _built_in(node, objects)
    layer.given_name = None
    layer.automatic_name = node.layer
    return layer


def _built_in(node: Node, objects: Mapping[str, Any]) -> Layer:
    cls = LAYERS[type(node.kind).__name__]
    if not issubclass(cls, BuiltIn):
        raise errors.unknown_name(node.name, "layer", cls.__name__, LAYERS)
    if not (isinstance(node.kind, Wrapping) and issubclass(cls, Holding)):
        return cls.from_kind(node.kind, node.layer, objects)
    nodes = [n for n in node.kind.inner if not isinstance(n.kind, InputLayer)]
    inner = [_layer(n, inside(node.layer, objects)) for n in nodes]
    for layer, wanted in zip(inner, nodes, strict=True):
        _set_trainable(layer, wanted)
    return cls.from_kind(node.kind, node.layer, objects, inner)


def _set_trainable(layer: Layer, node: Node) -> None:
    if layer.trainable != node.trainable:  # setting it would reach the layers inside
        layer.trainable = node.trainable


def _own_class(graph: Graph, objects: Mapping[str, Any]) -> Model:
    """A subclassed model: its own class is called, with the input shape of the graph."""
    model = objects[graph.form]()
    model.automatic_name = graph.name
    shapes = [s.shape for s in graph.input_specs]
    model.build(shapes[0] if len(shapes) == 1 else shapes)
    model.metadata.update(to_json(graph.metadata))
    return model  # type: ignore[no-any-return]


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model with new weights from `Model.to_json`, of striate or of Keras.

    Raises:
        FormatError: the text is not the JSON of a graph, or needs `custom_objects`.
    """
    if foreign.is_keras_json(text):
        return foreign.model_from_json(text, custom_objects)
    return model_from_graph(Graph.from_json(text), custom_objects)


def clone_model(model: Model, custom_objects: Mapping[str, Any] | None = None) -> Model:
    """A model of the same architecture with new weights.

    User layers are made anew from `get_config`; their classes are known from the model itself.
    """
    return model_from_graph(model.graph, {**own_objects(model), **(custom_objects or {})})
