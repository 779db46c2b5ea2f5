"""Division: where a model falls into backbone and head, and both as models of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate import errors
from striate.graph import Graph, Port, Recording
from striate.graph.cutting import Cut, after, before, feature_cut, stages
from striate.graph.inlining import inlined
from striate.graph.kinds import InputLayer
from striate.layers import InputLayer as EntryLayer
from striate.layers import Layer
from striate.models.facts import layers_by_path

if TYPE_CHECKING:
    from striate.models.model import Model

KEPT_CUT = "cut_point"  # in the metadata: what divides a model, so that a file keeps it


@dataclass(frozen=True)
class Division:
    """A model and the value that divides it.

    Args:
        flat: its graph without nested models.
        layers: the layers of that graph.
        cut: the value, in that graph, and why it is this one.
        graph: the graph to divide: the model's own, if the cut is not inside a nested model.
        owners: the layers of that one.
        port: the value there.
    """

    flat: Graph
    layers: Mapping[str, Layer]
    cut: Cut
    graph: Graph
    owners: Mapping[str, Layer]
    port: Port

    @property
    def nested(self) -> bool:
        """Whether the cut is inside a nested model."""
        return self.graph is self.flat and self.owners is self.layers

    def stages(self) -> tuple[tuple[str, ...], ...]:
        """The backbone's layers with weights, stage by stage; see `graph.cutting.stages`."""
        return stages(self.flat, self.cut.port)


def division(model: Any, cut_point: str | None = None, where: str = "cut_point") -> Division:
    """How a model divides: at its `cut_point` if it was set, else by the rule of `feature_cut`.

    Args:
        model: a built `Model`.
        cut_point: a layer instead of these.
        where: what named that layer, for the message.

    Raises:
        NotBuiltError: the input shape is not known yet.
        UnknownNameError: no layer has the name of the cut point.
        GraphError: by the rule there is nothing to divide.
    """
    graph = model.graph
    found = inlined(graph)
    name = model.metadata.get(KEPT_CUT) if cut_point is None else cut_point
    if name is None:
        ends = model.logits_split()
        cut = feature_cut(found.graph, scores=ends is not None and ends[0] is not None)
    else:
        known = {str(port): port for port in found.ports}
        if name not in known:
            raise errors.unknown_name(where, "layer", name, known)
        cut = Cut(found.ports[known[name]], "set as the cut point")
    layers = layers_by_path(model)
    for node in graph:
        for index in range(len(node.outputs)):
            port = Port(node.name, index)
            if found.ports[port] == cut.port:
                return Division(found.graph, layers, cut, graph, model._owners, port)
    return Division(found.graph, layers, cut, found.graph, layers, cut.port)


def halves(model: Any) -> tuple[Model, Model]:
    """Backbone and head: two models that share the layers of the model.

    Raises:
        GraphError: a way leads around the cut point.
    """
    found = division(model)
    first = _part(before(found.graph, found.port, f"{model.name}_backbone"), found.owners)
    second = _part(after(found.graph, found.port, f"{model.name}_head"), found.owners)
    kept = {k: v for k, v in model.metadata.items() if k not in ("class_names", KEPT_CUT)}
    first.metadata.update(kept)
    second.class_names = model.class_names
    return first, second


def _part(graph: Graph, owners: Mapping[str, Layer]) -> Model:
    from striate.models.model import Model

    made: dict[str, Layer] = {}
    for node in graph:
        if isinstance(node.kind, InputLayer):
            entry = EntryLayer(batch_shape=node.kind.shape, dtype=node.kind.dtype)
            entry.automatic_name = node.layer
            made[node.layer] = entry
        else:
            made[node.layer] = owners[node.layer]
    model = Model(name=graph.name)
    model._adopt(Recording(graph, dict(made), {}))
    model._symbols = None
    return model
