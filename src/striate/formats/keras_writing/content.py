"""What goes into a file: the arrays of a model in both of Keras's layouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.formats.keras_files.order import Place, layer_names, places
from striate.formats.keras_files.v3 import numbered, variables_of
from striate.formats.keras_writing import training
from striate.formats.keras_writing.networks import network, written_in_a_row
from striate.graph.kinds import InputLayer
from striate.layers import InstanceNormalization, Layer
from striate.models import Model

PRIVATE = {"gate_dense": "_gate_dense"}  # attributes of Keras's with another name than weights'


@dataclass(frozen=True)
class Content:
    """A model as Keras's files have it.

    Args:
        model: the model.
        network: class and arguments.
        compiled: how it is trained; None if that is not written.
    """

    model: Model
    network: dict[str, Any]
    compiled: dict[str, Any] | None

    @property
    def layers(self) -> list[tuple[str, Layer]]:
        """The layers by name, without inputs, in Keras's order."""
        return layers_in_order(self.model)

    def optimizer(self) -> tuple[str, list[training.Numbered]]:
        """The optimizer's name and its variables; none if it is not written."""
        if self.compiled is None:
            return "", []
        order = training.trained(
            place for name, layer in self.layers for place in places(layer, f"{name}/")
        )
        name = self.compiled["optimizer"]["config"]["name"]
        return name, training.variables(self.model, order)


def content_of(model: Model, include_optimizer: bool = True) -> Content:
    """A model as Keras's records.

    Raises:
        NotBuiltError: its input shape is not known yet.
        FormatError: Keras lacks a layer of it, or its loss, metric or optimizer.
    """
    made = network(model.graph)
    compiled = training.compile_config(model) if include_optimizer else None
    return Content(model, made, compiled)


def layers_in_order(model: Model) -> list[tuple[str, Layer]]:
    """The layers of a model by name, without inputs, in Keras's order."""
    graph = model.graph
    return [
        (name, model._owners[name])
        for name in layer_names(graph)
        if not isinstance(graph[name].kind, InputLayer)
    ]


def by_number(model: Model) -> Iterator[tuple[str, str, list[Place]]]:
    """The v3 layout: (path, name of the layer, weights in order)."""
    classes = _classes(model)
    names = {id(layer): name for name, layer in layers_in_order(model)}
    layers = [layer for _, layer in layers_in_order(model)]
    for number, layer in numbered(layers, classes):
        found: dict[str, list[Place]] = {f"layers/{number}/vars": []}
        for path, place in variables_of(layer, f"layers/{number}/", classes, False):
            steps = [PRIVATE.get(step, step) for step in path.split("/")]
            found.setdefault("/".join(steps), []).append(place)
        for path, own in found.items():
            yield path, names[id(layer)], own


def by_layer(model: Model) -> Iterator[tuple[str, list[Place]]]:
    """The legacy layout: (name of a layer, its weights, those that are trained first)."""
    for name, layer in layers_in_order(model):
        found = list(places(layer, f"{name}/"))
        yield name, sorted(found, key=lambda place: not place.tensor.requires_grad)


def _classes(model: Model) -> dict[int, str]:
    """Keras's class names by `id` of those layers that are called otherwise here."""
    found = {}
    for module in model.modules():
        if isinstance(module, InstanceNormalization):
            found[id(module)] = "GroupNormalization"
        elif isinstance(module, Model) and type(module).call is Layer.call:
            found[id(module)] = "Sequential" if written_in_a_row(module.graph) else "Functional"
    return found


def array(tensor: Tensor) -> Any:
    """A weight as an array that HDF5 can hold."""
    values = tensor.detach().cpu()
    return (values.float() if values.is_floating_point() else values).contiguous().numpy()
