"""execution: the steps that run when a graph runs, in order, as far as a graph can tell.

The same rewriting as the plan's (`Model.plan`): what is left out, what is merged, which activation
comes after its pooling or overwrites its input. The plan sees layers, with their hooks, and
decides; this sees the graph alone, and needs no torch. A test compares the two. Steps that
striate's own kernels join are foretold apart: whether they run is a matter of the machine.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from striate import errors
from striate.analysis.rewriting import RULES, activations_in_place, bfloat16_products
from striate.analysis.steps import ACTIVATION, PRODUCT, WHOLE, Draft, Step
from striate.graph import Graph, Node, Port, Spec
from striate.graph.kinds import Dense, InputLayer, Nested
from striate.graph.kinds.convolution import Convolving
from striate.graph.rewriting import ALONE

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Execution:
    """The steps of a graph, and the values that enter and leave.

    Args:
        steps: in the order in which they run.
        inputs: the values that are given, with their specs.
        outputs: the values that are returned.
    """

    steps: tuple[Step, ...]
    inputs: tuple[tuple[Port, Spec], ...]
    outputs: tuple[Port, ...]


def execution(
    graph: Graph,
    *,
    training: bool = True,
    plan: bool = True,
    precision: str | Collection[str] = "float32",
) -> Execution:
    """What runs when a graph runs.

    Args:
        graph: what runs.
        training: the steps of training, after which a backward pass follows, or of inference.
        plan: False for the layers one after the other, as `fit(plan=False)` runs them.
        precision: "float32", "bfloat16" for products, or the names of the layers whose products
            are bfloat16, as the plan chooses them.

    Raises:
        ArgumentError: another precision.

    Example:
        >>> import striate as st
        >>> conv = st.layers.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1))
        >>> model = st.Sequential([conv, st.layers.MaxPooling2D()])
        >>> [step.name for step in execution(model.graph).steps]
        ['conv2d', 'max_pooling2d', 'conv2d/relu']
    """
    if isinstance(precision, str) and precision not in PRECISIONS:
        raise errors.ArgumentError(
            errors.message(
                "analysis",
                "unknown precision",
                got={"precision": precision},
                expected="'float32', 'bfloat16', or names of layers with bfloat16 products",
            )
        )
    draft = _lowered(graph, logits=training)
    if plan:
        for rule in RULES:
            rule(draft, training)
    if plan and precision != "float32":
        bfloat16_products(draft, precision)
    if plan:
        activations_in_place(draft, training)
    steps: list[Step] = []
    names: dict[Port, Port] = {}
    for step in draft.steps.values():
        step = replace(step, reads=tuple(names.get(p, p) for p in step.reads))
        if isinstance(step.kind, Nested):
            _expand(step, steps, names, (training, plan, precision))
        else:
            steps.append(step)
    outputs = tuple(names.get(p, p) for p in draft.outputs)
    return Execution(tuple(steps), tuple((p, graph.spec(p)) for p in graph.inputs), outputs)


def _expand(
    step: Step, steps: list[Step], names: dict[Port, Port], choice: tuple[bool, bool, Any]
) -> None:
    """A nested model has an execution of its own, in the place of its step."""
    training, plan, precision = choice
    specs = tuple(spec for spec in step.inputs)
    graph = step.kind.inner
    if specs != graph.input_specs:
        graph = graph.respecify(specs)
    inner = execution(graph, training=training, plan=plan, precision=precision)
    entering = dict(zip((p for p, _ in inner.inputs), step.reads, strict=True))

    def outside(port: Port) -> Port:
        return entering.get(port) or Port(f"{step.name}/{port.node}", port.index)

    for part in inner.steps:
        steps.append(
            replace(
                part,
                name=f"{step.name}/{part.name}",
                layer=f"{step.layer}/{part.layer}",
                reads=tuple(outside(p) for p in part.reads),
            )
        )
    names.update(zip(step.writes, (outside(p) for p in inner.outputs), strict=True))


def _lowered(graph: Graph, *, logits: bool) -> Draft:
    """The graph taken apart into products and activations."""
    steps: dict[str, Step] = {}
    last: dict[Port, Port] = {p: p for p in graph.inputs}
    final = _logits(graph) if logits else frozenset()
    for node in graph:
        if isinstance(node.kind, InputLayer):
            continue
        inputs = tuple(graph.spec(p) for p in node.inputs)
        reads = tuple(last[p] for p in node.inputs)
        parts = _parts(node, Step(node.name, node, WHOLE, reads, inputs, node.outputs))
        if node.name in final:
            parts = [replace(parts[0], part=PRODUCT)] if len(parts) == 2 else []
        for step in parts:
            steps[step.name] = replace(step, layer=node.layer)
        for i in range(len(node.outputs)):
            source = parts[-1].writes[i] if parts else reads[0]
            last[Port(node.name, i)] = source
    return Draft(steps, graph.inputs, tuple(last[p] for p in graph.outputs))


def _parts(node: Node, whole: Step) -> list[Step]:
    name = type(node.kind).__name__
    if name in ALONE and not getattr(node.kind, "threshold", 0.0):
        return [replace(whole, part=ACTIVATION, activation=ALONE[name])]
    named = getattr(node.kind, "activation", None)
    if named is None:
        return [whole]
    plain = "" if named.custom or named.config else named.name
    if name == "Activation":
        return [replace(whole, part=ACTIVATION, activation=plain)]
    if not isinstance(node.kind, (Convolving, Dense)):
        return [whole]
    product = replace(whole, part=PRODUCT)
    if plain == "linear" and not node.kind.penalises:
        return [product]
    label = f"{node.name}/{plain}"
    after = Step(label, node, ACTIVATION, product.writes, node.outputs, node.outputs, plain)
    return [product, after]


def _logits(graph: Graph) -> frozenset[str]:
    """Nodes whose final softmax or sigmoid a loss takes over, as training does it."""
    read = {p for n in graph for p in n.inputs}
    calls = [n.layer for n in graph]
    found = set()
    for port in graph.outputs:
        node = graph[port.node]
        named = getattr(node.kind, "activation", None)
        alone = port not in read and calls.count(node.layer) == 1 and graph.outputs.count(port) == 1
        if alone and named is not None and named.name in ("softmax", "sigmoid"):
            found.add(node.name)
    return frozenset(found)
