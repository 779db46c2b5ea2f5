"""The final activations that a loss can take over."""

from __future__ import annotations

from collections.abc import Mapping

from striate.graph import Graph
from striate.layers import Layer
from striate.plan.draft import has_hooks


def final_activation(layer: Layer) -> str | None:
    """The activation that a loss can take over if `layer` gives a model's output."""
    ask = getattr(layer, "final_activation", None)
    return ask() if ask is not None else None


def logits_split(graph: Graph, layers: Mapping[str, Layer]) -> tuple[str | None, ...] | None:
    """Per output the activation that can be left to the loss; None if there is none.

    An output that another node reads, or that is returned twice, keeps its activation.
    """
    read = {p for n in graph for p in n.inputs}
    found: list[str | None] = []
    for port in graph.outputs:
        alone = port not in read and graph.outputs.count(port) == 1
        layer = layers.get(graph[port.node].layer)
        single = sum(n.layer == graph[port.node].layer for n in graph) == 1
        alone = alone and single and len(graph[port.node].outputs) == 1
        usable = alone and layer is not None and not has_hooks(layer)  # hooks see the whole layer
        found.append(final_activation(layer) if usable and layer is not None else None)
    return tuple(found) if any(found) else None
