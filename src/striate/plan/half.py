"""Which values of a plan are of a half type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from striate.graph import Graph, Port
from striate.graph.rewriting import Flow, flow, half_values
from striate.layers import Layer
from striate.plan.draft import has_hooks
from striate.plan.operation import PRODUCT, WHOLE, Operation


def low_values(
    operations: Sequence[Operation], graph: Graph, layers: Mapping[str, Layer]
) -> set[Port]:
    """The values that are of a half type; layers with hooks see float32.

    Args:
        operations: the calls in order.
        graph: what they run.
        layers: layer by layer name.
    """
    return half_values([_flow(op, graph, layers) for op in operations])


def _flow(op: Operation, graph: Graph, layers: Mapping[str, Layer]) -> Flow:
    node = graph[op.node]
    if op.beside or (op.part == WHOLE and has_hooks(layers[node.layer])):
        return Flow(op.reads, op.writes)
    return flow(op, node.kind, op.part == PRODUCT and op.precision != "float32")
