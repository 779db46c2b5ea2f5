"""Program: a graph's nodes as a list of calls over numbered slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import Tensor

from striate.graph import Graph, Port
from striate.graph.kinds import Custom, InputLayer
from striate.layers import Layer
from striate.layers.calls import Template
from striate.ops.layout import to_external, to_internal


@dataclass(frozen=True)
class Step:
    """One call: reads slots, writes slots, and empties those that nobody reads later."""

    layer: Layer
    function: Callable[..., Any]
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    frees: tuple[int, ...]


class Program:
    """Runs a graph on tensors in internal order (`ops.layout`).

    Args:
        graph: what to run.
        layers: layer by layer name.
        logits: leaves out the final activation of every output that has one.
    """

    def __init__(self, graph: Graph, layers: Mapping[str, Layer], *, logits: bool = False) -> None:
        slot = {
            Port(node.name, i): n
            for n, (node, i) in enumerate(
                (node, i) for node in graph for i in range(len(node.outputs))
            )
        }
        self.num_slots = len(slot)
        self.enter = tuple(slot[p] for p in graph.inputs)
        self.leave = tuple(slot[p] for p in graph.outputs)
        nodes = [n for n in graph if not isinstance(n.kind, InputLayer)]
        last = {slot[p]: i for i, n in enumerate(nodes) for p in n.inputs}
        final = {p.node for p in graph.outputs} if logits else set()
        self.steps: list[Step] = []
        for i, node in enumerate(nodes):
            layer = layers[node.layer]
            reads = tuple(slot[p] for p in node.inputs)
            self.steps.append(
                Step(
                    layer,
                    _function(node.kind, layer, node.name in final),
                    reads,
                    tuple(slot[Port(node.name, k)] for k in range(len(node.outputs))),
                    tuple(s for s in set(reads) if last[s] == i and s not in self.leave),
                )
            )

    def __call__(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for these inputs."""
        slots: list[Any] = [None] * self.num_slots
        for i, x in zip(self.enter, inputs, strict=True):
            slots[i] = x
        for step in self.steps:
            values = [slots[i] for i in step.reads]
            layer = step.layer
            if layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks:
                out = _through_hooks(step, values)
            else:
                out = step.function(*values)
            if len(step.writes) == 1:
                slots[step.writes[0]] = out[0] if isinstance(out, (tuple, list)) else out
            else:
                for i, value in zip(step.writes, out, strict=True):
                    slots[i] = value
            for i in step.frees:
                slots[i] = None
        return [slots[i] for i in self.leave]


def _function(kind: Any, layer: Layer, logits: bool) -> Callable[..., Any]:
    if logits and final_activation(layer) is not None:
        return layer.before_activation  # type: ignore[return-value]
    if isinstance(kind, Custom):
        return partial(layer.compute, template=Template.from_items(kind.call))
    return layer.compute


def _through_hooks(step: Step, values: list[Tensor]) -> Any:
    """Calls the module as torch does, so that hooks that someone set on it see the call."""
    template = Template.positional(len(values))
    if isinstance(step.function, partial):
        template = step.function.keywords["template"]
    args, kwargs = template.join([to_external(v) for v in values])
    out = step.layer(*args, **kwargs)
    if isinstance(out, Tensor):
        return to_internal(out)
    return [to_internal(o) for o in (out.values() if isinstance(out, dict) else out)]


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
        usable = alone and single and len(graph[port.node].outputs) == 1 and layer is not None
        found.append(final_activation(layer) if usable and layer is not None else None)
    return tuple(found) if any(found) else None
