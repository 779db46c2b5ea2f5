"""Which layer a class activation map is taken from: named by the user, or found in the graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from striate import errors
from striate.graph import Graph, Node, Port, kinds

CONVOLUTIONS = (
    kinds.Conv,
    kinds.ConvTranspose,
    kinds.DepthwiseConv,
    kinds.SeparableConv,
    kinds.LocallyConnected,
)
# Layers that only move, thin out or pass on what the layer before them found.
CARRIERS = (
    kinds.Pooling,
    kinds.LpPooling,
    kinds.BlurPooling,
    kinds.StochasticPooling,
    kinds.AdaptivePooling,
    kinds.MaxPoolingWithArgmax2D,
    kinds.Padding,
    kinds.Cropping,
    kinds.Identity,
    kinds.Reshape,
    kinds.Permute,
)


@dataclass(frozen=True)
class Place:
    """A value in a network to look at.

    Args:
        port: which value.
        reason: why this one, in words.
    """

    port: Port
    reason: str

    @property
    def name(self) -> str:
        """The layer, nested ones by path."""
        return str(self.port)


def named(name: str, graph: Graph, ports: Mapping[Port, Port], where: str) -> Port:
    """The value that a layer of that name gives; of a nested layer also by its own name.

    Raises:
        UnknownNameError: no layer of that name, or several in nested models.
    """
    known = {str(p): q for p, q in ports.items()}
    if name in known:
        return known[name]
    inside = [path for path in known if path.endswith(f"/{name}")]
    if len(inside) == 1:
        return known[inside[0]]
    raise errors.unknown_name(where, "layer", name, [node.name for node in graph])


def last_map(graph: Graph, where: str) -> Place:
    """The value from which class activation maps are taken, and why.

    That is the last one on the way to the first output that has rows and columns and that a
    convolution had a part in. Poolings, dropouts and others that find nothing themselves are
    passed over: they would only make the map coarser.

    Raises:
        GraphError: no convolution leads to the output, or none whose result has rows and columns.
    """
    needed = _ancestors(graph, graph.outputs[0])
    behind: set[str] = set()
    found: Node | None = None
    passed: list[str] = []
    for node in graph:
        if node.name not in needed:
            continue
        if is_convolution(node) or any(p.node in behind for p in node.inputs):
            behind.add(node.name)
        if node.name not in behind or not _has_rows(node):
            continue
        if isinstance(node.kind, CARRIERS) or node.kind.idle(training=False):
            passed.append(node.name)
        else:
            found, passed = node, []
    if found is None:
        raise errors.GraphError(
            errors.message(
                where,
                "no convolution leads to the output"
                if not behind
                else "no result of a convolution has rows and columns",
                got={"layers": tuple(f"{n.name} ({n.kind_name})" for n in graph)},
                expected="a network with convolutions over images",
                fix="saliency, smooth_grad, integrated_gradients and occlusion need none",
            )
        )
    reason = f"the last map with rows and columns before the output: {_size(found)}"
    if passed:
        reason += f"; {' and '.join(passed)} would only make it coarser"
    return Place(Port(found.name), reason)


def is_convolution(node: Node) -> bool:
    """Whether a layer is a convolution, alone or inside another layer, striate's or the user's."""
    kind = node.kind
    if isinstance(kind, kinds.Wrapping):
        return is_convolution(kind.node)
    if isinstance(kind, kinds.Custom):
        return any(len(w.shape) == 4 for w in node.weights)
    return isinstance(kind, CONVOLUTIONS)


def _has_rows(node: Node) -> bool:
    spec = node.output
    return spec.rank == 4 and any(n is None or n > 1 for n in spec.spatial)


def _size(node: Node) -> str:
    sides = [" x ".join("?" if n is None else str(n) for n in node.output.spatial)]
    return f"{sides[0]}, {node.output.channels} channels"


def _ancestors(graph: Graph, port: Port) -> set[str]:
    """The nodes that a value depends on, its own included."""
    found = {port.node}
    for node in reversed(graph.nodes):
        if node.name in found:
            found.update(p.node for p in node.inputs)
    return found
