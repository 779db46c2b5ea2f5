"""A graph taken apart into operations: products and activations that rules can move apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from striate.graph import Graph, Node, Port
from striate.graph.kinds import Custom, InputLayer
from striate.graph.rewriting import ALONE
from striate.layers import BuiltIn, Layer
from striate.ops import activations
from striate.plan.draft import Draft, Request, has_hooks
from striate.plan.logits import logits_split
from striate.plan.operation import ACTIVATION, PRODUCT, WHOLE, Operation


def lower(graph: Graph, layers: Mapping[str, Layer], request: Request) -> Draft:
    """The draft with which rules begin."""
    operations: list[Operation] = []
    last: dict[Port, Port] = {p: p for p in graph.inputs}
    taken = {node.name for node in graph}
    split = logits_split(graph, layers) if request.logits else None
    final = {p.node for p, name in zip(graph.outputs, split or (), strict=False) if name}
    for node in graph:
        if isinstance(node.kind, InputLayer):
            last[Port(node.name)] = Port(node.name)
            continue
        layer = layers[node.layer]
        without = node.name in final
        parts = _parts(node, layer, tuple(last[p] for p in node.inputs), without, taken)
        operations += parts
        if len(node.outputs) == 1:
            last[Port(node.name)] = parts[-1].writes[0]
        else:
            last.update({Port(node.name, i): p for i, p in enumerate(parts[-1].writes)})
    outputs = tuple(last[p] for p in graph.outputs)
    return Draft(graph, layers, request, operations, outputs)


def _parts(
    node: Node, layer: Layer, reads: tuple[Port, ...], without: bool, taken: set[str]
) -> list[Operation]:
    whole = Operation(
        node.name, node.name, WHOLE, reads, num_outputs=len(node.outputs), nodes=(node.name,)
    )
    if (has_hooks(layer) and not without) or isinstance(node.kind, Custom):
        return [whole]
    if without:
        return [replace(whole, part=PRODUCT)]
    name = type(node.kind).__name__
    if name in ALONE and not getattr(node.kind, "threshold", 0.0):
        return [replace(whole, part=ACTIVATION, activation=ALONE[name])]
    if not isinstance(layer, BuiltIn) or "activation" not in layer._choices:
        return [whole]
    function = layer._choices["activation"]
    shown = activation_name(function)
    if name == "Activation":
        return [replace(whole, part=ACTIVATION, activation=shown)]
    plain = type(layer).compute is BuiltIn.compute
    if not plain or type(layer).before_activation is BuiltIn.before_activation:
        return [whole]  # its activation is inside: it has no part before it
    if function is activations.linear and not node.kind.penalises:
        return [replace(whole, part=PRODUCT)]
    label = f"{node.name}/{shown}"
    while label in taken:
        label += "'"
    product = replace(whole, part=PRODUCT)
    after = Operation(
        label, node.name, ACTIVATION, product.writes, activation=shown, nodes=(node.name,)
    )
    return [product, after]


def activation_name(function: object) -> str:
    """The name of one of our activations with its usual numbers; "" for any other."""
    name, arguments = activations.bare(function)
    return name if name is not None and not arguments else ""
