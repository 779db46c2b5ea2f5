"""Cutting a graph in two: what comes before a value, and what comes after it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import compress

from striate import errors
from striate.graph.graph import Graph, Node, Port
from striate.graph.kinds.pooling import AdaptivePooling, GlobalPooling
from striate.graph.kinds.structure import InputLayer
from striate.graph.named import Items
from striate.graph.spec import Spec

MANY_PX = 256  # what open sizes count as, where only their order matters


@dataclass(frozen=True)
class Cut:
    """Where a network falls into a backbone and a head.

    Args:
        port: the value between them.
        reason: why here, in words.
    """

    port: Port
    reason: str


def leads_to(graph: Graph, port: Port) -> set[str]:
    """The nodes that a value depends on, its own included."""
    found = {port.node}
    for node in reversed(graph.nodes):
        if node.name in found:
            found.update(p.node for p in node.inputs)
    return found


def depends_on(graph: Graph, name: str) -> set[str]:
    """The nodes that depend on a node, itself included."""
    found = {name}
    for node in graph:
        if any(p.node in found for p in node.inputs):
            found.add(node.name)
    return found


def separators(graph: Graph, output: Port) -> tuple[Port, ...]:
    """The values that all of a way to an output passes through, from the input to the output.

    Without one of them nothing would reach the output: no shortcut leads around them.

    Example:
        >>> from striate import Input, Model, layers
        >>> x = Input((8, 8, 3))
        >>> y = layers.Conv2D(3, 3, padding="same")(x)
        >>> graph = Model(x, layers.Flatten()(layers.Add()([x, y]))).graph
        >>> [str(p) for p in separators(graph, graph.outputs[0])]
        ['input_layer', 'add', 'flatten']
    """
    needed = leads_to(graph, output)
    nodes = [node for node in graph if node.name in needed]
    last = {port: i for i, node in enumerate(nodes) for port in node.inputs}
    last[output] = len(nodes)
    waiting = sum(isinstance(node.kind, InputLayer) for node in nodes)
    alive: set[Port] = set()
    found = []
    for i, node in enumerate(nodes):
        waiting -= isinstance(node.kind, InputLayer)
        alive = {port for port in alive if last[port] > i}
        own = [Port(node.name, k) for k in range(len(node.outputs))]
        alive.update(port for port in own if last.get(port, -1) > i)
        if len(alive) == 1 and not waiting and alive <= set(own):
            found.append(next(iter(alive)))
    return tuple(found)


def feature_cut(graph: Graph, scores: bool = True) -> Cut:
    """Where the features of a network end and its head begins, for its first output.

    It is the last map that all of the way to the output passes through, before global pooling or
    flattening, as long as layers with weights follow; dropout and what else acts in training only
    belongs to the head. Without such a map, it is what the last layer with weights reads. A
    network that ends in a map, or in the mean of one, and gives no scores, has no head: the cut
    is that map.

    Args:
        graph: without nested models, see `inlined`.
        scores: whether it ends in softmax or sigmoid.

    Raises:
        GraphError: there are no two layers with weights, one after the other.
    """
    output = graph.outputs[0]
    needed = leads_to(graph, output)
    weighted = [n.name for n in graph if n.name in needed and n.weights]
    every = separators(graph, output)
    ways = [p for p in every if _divides(graph, p, weighted)]
    maps = _maps(graph, every)
    if maps and not scores and set(weighted) <= leads_to(graph, maps[-1]):
        return Cut(_before_idle(graph, maps[-1]), "the map that a network without a head ends in")
    maps = [p for p in maps if p in ways]
    if not ways:
        raise errors.GraphError(
            errors.message(
                graph.name,
                "there is nothing that could be divided into a backbone and a head",
                got={"layers with weights": tuple(weighted)},
                expected="two of them, and one value that all of the way passes through",
            )
        )
    if maps:
        port = _before_idle(graph, maps[-1])
        return Cut(port, "the last map before global pooling or flattening")
    port = _before_idle(graph, ways[-1])
    return Cut(port, "what the last layer with weights reads")


def _divides(graph: Graph, port: Port, weighted: list[str]) -> bool:
    """Whether there are layers with weights on both sides."""
    before = leads_to(graph, port)
    inside = sum(name in before for name in weighted)
    return 0 < inside < len(weighted)


def _maps(graph: Graph, ports: Iterable[Port]) -> list[Port]:
    """Those of some values, in order, that are maps before global pooling or flattening."""
    found: list[Port] = []
    for port in ports:
        pooled = isinstance(graph[port.node].kind, (GlobalPooling, AdaptivePooling))
        if found and (pooled or graph.spec(port).rank < 3):
            break
        if graph.spec(port).rank > 2:
            found.append(port)
    return found


def _places(spec: Spec) -> int:
    return math.prod(MANY_PX if n is None else n for n in spec.shape[1:-1])


def _before_idle(graph: Graph, port: Port) -> Port:
    """The same value before layers that give it on as it is in inference."""
    node = graph[port.node]
    while node.kind.idle(training=False) and len(node.inputs) == 1:
        port = node.inputs[0]
        node = graph[port.node]
    return port


def before(graph: Graph, port: Port, name: str) -> Graph:
    """The part of a graph that computes a value, which is its output."""
    needed = leads_to(graph, port)
    read = [p.node in needed for p in graph.inputs]
    return replace(
        graph,
        nodes=tuple(node for node in graph if node.name in needed),
        inputs=tuple(compress(graph.inputs, read)),
        input_keys=tuple(compress(graph.input_keys, read)),
        outputs=(port,),
        name=name,
        form="Model",
        metadata=Items(),
        output_keys=(),
        output_masks=(),
    )


def after(graph: Graph, port: Port, name: str) -> Graph:
    """The part of a graph from a value, which is its input, to the first output.

    Raises:
        GraphError: a way leads around that value.
    """
    output = graph.outputs[0]
    if port not in separators(graph, output):
        raise errors.GraphError(
            errors.message(
                graph.name,
                f"a way to the output leads around `{port}`",
                expected="a value that all of it passes through",
                fix=f'model.cut_point = "{feature_cut(graph).port}"',
            )
        )
    spec = graph.spec(port)
    entry = Node(port.node, InputLayer(spec.shape, spec.dtype), (), (spec,), (), port.node)
    behind = leads_to(graph, output) - leads_to(graph, port)
    moved = {port: Port(port.node)}
    nodes = [
        replace(n, inputs=tuple(moved.get(p, p) for p in n.inputs))
        for n in graph
        if n.name in behind
    ]
    return replace(
        graph,
        nodes=(entry, *nodes),
        inputs=(Port(port.node),),
        outputs=(moved.get(output, output),),
        name=name,
        form="Model",
        metadata=Items(),
        input_keys=(),
        output_keys=(),
        output_masks=(),
    )


def stages(graph: Graph, port: Port) -> tuple[tuple[str, ...], ...]:
    """The layers with weights that a value depends on, in groups, from the input to the value.

    A group ends where maps lose half of their places or more: it is what networks are drawn with,
    a stage. Between two values that all of the way passes through, layers stay together. Graphs
    that never make maps so much smaller are one group.

    Args:
        graph: without nested models.
        port: the end.
    """
    sized = _sized(graph)
    needed = leads_to(graph, port)
    ends = {p.node: sized.spec(p) for p in separators(graph, port)}
    groups: list[list[str]] = []
    waiting: list[str] = []
    size = math.inf
    for node in graph:
        if node.name not in needed:
            continue
        if node.weights:
            waiting.append(node.layer)
        if node.name in ends and waiting:
            now = _places(ends[node.name])
            if 2 * now <= size:
                groups.append([])
                size = now
            groups[-1] += waiting
            waiting = []
    return tuple(tuple(group) for group in groups)


def _sized(graph: Graph) -> Graph:
    """The graph with open sizes of its inputs set, as far as its layers allow."""
    specs = tuple(
        replace(s, shape=(None, *(MANY_PX if n is None else n for n in s.shape[1:])))
        for s in graph.input_specs
    )
    if specs == graph.input_specs:
        return graph
    try:
        return graph.respecify(specs)
    except errors.ShapeError:
        return graph
