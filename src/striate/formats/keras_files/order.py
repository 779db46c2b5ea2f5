"""The order in which Keras counts the layers and the weights of a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate.graph import Graph
from striate.graph.graph import Node, Port
from striate.graph.kinds import InputLayer, Operation
from striate.layers import ChannelsFirst, Layer
from striate.models import Model, Sequential


@dataclass(frozen=True)
class Place:
    """Where one weight belongs.

    Args:
        path: layers and attributes down to the weight, from the layer it was asked of.
        owner: the module that has it.
        name: its name there.
        tensor: the weight itself.
        first: whether its owner works on channels-first images.
    """

    path: str
    owner: Any
    name: str
    tensor: Tensor
    first: bool = False

    @property
    def kind(self) -> str:
        """What its owner is: "Conv2D"; empty for a module that is no layer of striate's."""
        kind = getattr(self.owner, "kind", None)
        return "" if kind is None else type(kind).__name__

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape, in Keras's layout."""
        return tuple(self.tensor.shape)


def layers_of(model: Model) -> list[Layer]:
    """The layers of a model, each once, as `model.layers` of Keras lists them; no inputs.

    Keras sorts a functional model by depth, counted from the outputs, and layers of one depth by
    the order in which a walk from the outputs meets them.
    """
    if isinstance(model, Sequential):
        return list(model.layers)
    if type(model).call is not Layer.call:
        return [child for _, child in model.named_children() if isinstance(child, Layer)]
    owners = model._owners
    return [owners[n] for n in layer_names(model.graph) if not _is_entry(model.graph, n)]


def _is_entry(graph: Graph, name: str) -> bool:
    return isinstance(graph[name].kind, InputLayer)


def layer_names(graph: Graph) -> list[str]:
    """The names of a graph's layers, inputs included, in Keras's order."""
    met, finished = _walked(graph)
    depths: dict[str, int] = {}
    layer_depths: dict[str, int] = {}
    for name in reversed(finished):
        node = graph[name]
        depth = max(depths.get(name, 0), layer_depths.get(node.layer, 0))
        depths[name] = layer_depths[node.layer] = depth
        for port in _flowing(graph, node):
            depths[port.node] = max(depth + 1, depths.get(port.node, 0))
    for port in graph.inputs:
        layer_depths.setdefault(graph[port.node].layer, 0)
        met.setdefault(graph[port.node].layer, len(met))
    return sorted(layer_depths, key=lambda layer: (-layer_depths[layer], met[layer]))


def _walked(graph: Graph) -> tuple[dict[str, int], list[str]]:
    """When each layer is first met from the outputs, and the nodes, inputs before users."""
    met: dict[str, int] = {}
    finished: dict[str, None] = {}
    for output in graph.outputs:
        waiting = [(output.node, iter(_flowing(graph, graph[output.node])))]
        met.setdefault(graph[output.node].layer, len(met))
        while waiting:
            name, inputs = waiting[-1]
            port = next((p for p in inputs if p.node not in finished), None)
            if port is None:
                waiting.pop()
                finished.setdefault(name)
                continue
            node = graph[port.node]
            met.setdefault(node.layer, len(met))
            waiting.append((port.node, iter(_flowing(graph, node))))
    return met, list(finished)


def _flowing(graph: Graph, node: Node) -> list[Port]:
    """What a node is called on in Keras, where masks are no edges."""
    return [port for port in node.inputs if not carried(graph, port)]


def carried(graph: Graph, port: Port) -> bool:
    """Whether an edge is a mask that Keras passes on beside the values, unseen."""
    node = graph[port.node]
    count = len(node.outputs)
    if any(node.kind.mask_output(i, count) == port.index for i in range(count)):
        return True
    computed = isinstance(node.kind, Operation) and bool(node.inputs)
    return computed and all(carried(graph, p) for p in node.inputs)


def places(layer: Any, path: str = "") -> Iterator[Place]:
    """The weights of a layer, those of models in Keras's order of layers."""
    if isinstance(layer, Model) and not layer._specs:
        for inner in layers_of(layer):
            yield from places(inner, f"{path}{inner.name}/")
        return
    for name, tensor in layer.named_weights():
        *steps, last = name.split("/")
        owner, first = layer, isinstance(layer, ChannelsFirst)
        for step in steps:
            owner = dict(owner.named_children()).get(step, owner)
            first = first or isinstance(owner, ChannelsFirst)
        yield Place(f"{path}{name}", owner, last, tensor, first)
