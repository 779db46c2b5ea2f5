"""inlined: a graph whose nested models have given place to their own layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from striate.graph.graph import Graph, Node, Port
from striate.graph.kinds.structure import InputLayer, Nested
from striate.graph.spec import Spec


@dataclass(frozen=True)
class Inlined:
    """What `inlined` returns.

    Args:
        graph: the graph without nested models.
        ports: where each value of the original is found: of its nodes, nested ones included.
    """

    graph: Graph
    ports: Mapping[Port, Port]


def inlined(graph: Graph) -> Inlined:
    """The graph with the layers of nested models in their place, at any depth.

    A layer inside is called by its path, `model/layer`, as node and as layer. The inputs of a
    nested model are gone: their readers read what enters the model.

    Example:
        >>> import striate as st
        >>> inner = st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 3))], name="inner")
        >>> model = st.Sequential([inner, layers.Flatten()])
        >>> [node.name for node in inlined(model.graph).graph]
        ['input_layer', 'inner/conv2d', 'flatten']
    """
    nodes: list[Node] = []
    ports: dict[Port, Port] = {}
    for node in graph:
        reads = tuple(ports[p] for p in node.inputs)
        if not isinstance(node.kind, Nested):
            nodes.append(replace(node, inputs=reads))
            own = [Port(node.name, i) for i in range(len(node.outputs))]
            ports.update(zip(own, own, strict=True))
            continue
        found = inlined(_sized(node.kind, tuple(graph.spec(p) for p in node.inputs)))
        moved = dict(zip(found.graph.inputs, reads, strict=True))
        for inner in found.graph:
            if not isinstance(inner.kind, InputLayer):
                nodes.append(_moved(node, inner, moved))
                for i in range(len(inner.outputs)):
                    moved[Port(inner.name, i)] = Port(f"{node.name}/{inner.name}", i)
        for old, new in found.ports.items():
            ports[Port(f"{node.name}/{old.node}", old.index)] = moved[new]
        for i, port in enumerate(found.graph.outputs):
            ports[Port(node.name, i)] = moved[port]
    outputs = tuple(ports[p] for p in graph.outputs)
    return Inlined(replace(graph, nodes=tuple(nodes), outputs=outputs), ports)


def _sized(kind: Nested, specs: tuple[Spec, ...]) -> Graph:
    """The graph of a nested model for what enters it here."""
    return kind.inner if specs == kind.inner.input_specs else kind.inner.respecify(specs)


def _moved(node: Node, inner: Node, ports: Mapping[Port, Port]) -> Node:
    return replace(
        inner,
        name=f"{node.name}/{inner.name}",
        layer=f"{node.layer}/{inner.layer}",
        inputs=tuple(ports[p] for p in inner.inputs),
        weights=inner.weights if node.first_call else (),
        trainable=inner.trainable and node.trainable,
    )
