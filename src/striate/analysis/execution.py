"""execution: the steps that run when a graph runs, in order, as far as a graph can tell.

The same rewriting as the plan's (`Model.plan`): what is left out, what is merged, which activation
comes after its pooling or overwrites its input. The plan sees layers, with their hooks, and
decides; this sees the graph alone, and needs no torch. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from striate import errors
from striate.graph import Graph, Node, Port, Spec
from striate.graph.kinds import Dense, InputLayer, Nested
from striate.graph.kinds.convolution import Conv, Convolving
from striate.graph.rewriting import (
    ALONE,
    FRESH,
    MONOTONE,
    POOLINGS,
    has_in_place,
)

WHOLE, PRODUCT, ACTIVATION = "whole", "product", "activation"
PRECISIONS = ("float32", "bfloat16")
JOINED = frozenset(
    {"relu", "relu6", "leaky_relu", "sigmoid", "tanh", "hard_sigmoid", "hard_silu", "silu"}
)
# Layers and activations that pass bfloat16 values on as they are.
FOLLOWS = frozenset(
    {"MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Flatten", "Reshape", "Dropout"}
    | {"ZeroPadding2D", "GlobalMaxPooling2D", "Concatenate"}
)
BENDS = frozenset({"linear", "relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh"})


@dataclass(frozen=True)
class Step:
    """One call at run time: a layer, or one part of it.

    Args:
        name: unique; values are named by who wrote them.
        node: the graph's node that it comes from.
        part: "whole", "product" (a layer without its activation) or "activation".
        reads: the values it takes.
        inputs: their specs.
        outputs: the specs of the values that it writes.
        activation: the function of an activation, "" if it is not one of ours.
        in_place: it overwrites its input.
        padding: zeros that a convolution takes from padding layers before it.
        folded: it uses weights that were computed from its own and from those of other layers.
        low: its products and its result are bfloat16.
        layer: the layer's name; those of nested models have the model's name in front.
    """

    name: str
    node: Node
    part: str
    reads: tuple[Port, ...]
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    activation: str = ""
    in_place: bool = False
    padding: tuple[tuple[int, int], ...] | None = None
    folded: bool = False
    low: bool = False
    layer: str = ""

    @property
    def writes(self) -> tuple[Port, ...]:
        """The values it gives."""
        return tuple(Port(self.name, i) for i in range(len(self.outputs)))

    @property
    def kind(self) -> Any:
        """What its layer is."""
        return self.node.kind


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
        _bfloat16(draft, precision)
    if plan:
        _in_place(draft, training)
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


@dataclass
class _Draft:
    """Steps while rules rewrite them."""

    steps: dict[str, Step]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    users: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reindex()

    def reindex(self) -> None:
        """Who reads what each step writes."""
        self.users = {name: [] for name in self.steps}
        for step in self.steps.values():
            for name in dict.fromkeys(p.node for p in step.reads):
                if name in self.users:
                    self.users[name].append(step.name)

    def each(self) -> list[Step]:
        """Every step as it is now."""
        return list(self.steps.values())

    def now(self, step: Step) -> Step | None:
        """A step as it is now; None if it was taken out."""
        return self.steps.get(step.name)

    def next_alone(self, step: Step) -> Step | None:
        """The one step that reads its result, if nobody else does and it is no output."""
        if len(step.outputs) != 1 or step.writes[0] in self.outputs:
            return None
        users = self.users[step.name]
        if len(users) != 1:
            return None
        after = self.steps[users[0]]
        return after if after.reads == step.writes else None

    def update(self, step: Step, **fields: Any) -> Step:
        """Replaces fields of a step; it keeps its place and its name."""
        self.steps[step.name] = replace(self.steps[step.name], **fields)
        return self.steps[step.name]

    def remove(self, step: Step) -> None:
        """Takes a one-to-one step out: its readers read what it read."""
        old, new = step.writes[0], step.reads[0]
        for name in self.users.pop(step.name):
            reader = self.steps[name]
            self.update(reader, reads=tuple(new if p == old else p for p in reader.reads))
        self.outputs = tuple(new if p == old else p for p in self.outputs)
        del self.steps[step.name]
        self.reindex()

    def swap(self, first: Step, second: Step) -> None:
        """Lets `second`, which alone read `first`, run before it."""
        old, new = second.writes[0], first.writes[0]
        for name in self.users[second.name]:
            reader = self.steps[name]
            self.update(reader, reads=tuple(new if p == old else p for p in reader.reads))
        self.outputs = tuple(new if p == old else p for p in self.outputs)
        sooner = replace(second, reads=first.reads, inputs=first.inputs)
        specs = second.outputs
        later = replace(first, reads=sooner.writes, inputs=specs, outputs=specs)
        order: dict[str, Step] = {}
        for name, step in self.steps.items():
            if name == second.name:
                order[second.name], order[first.name] = sooner, later
            elif name != first.name:
                order[name] = step
        self.steps = order
        self.reindex()


def _lowered(graph: Graph, *, logits: bool) -> _Draft:
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
    return _Draft(steps, graph.inputs, tuple(last[p] for p in graph.outputs))


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


def _idle(draft: _Draft, training: bool) -> None:
    """Leaves out what nobody reads and what returns its input."""
    for step in reversed(draft.each()):
        read = draft.users[step.name] or any(p in draft.outputs for p in step.writes)
        acts = training and (hasattr(step.kind, "seed") or step.node.weights)
        if not (read or acts or step.kind.penalises or hasattr(step.kind, "class_name")):
            del draft.steps[step.name]
            draft.reindex()
    for step in draft.each():
        one = len(step.reads) == 1 and len(step.outputs) == 1
        linear = step.part == ACTIVATION and step.activation == "linear"
        idle = step.part == WHOLE and one and step.kind.idle(training)
        if idle or (linear and not step.kind.penalises):
            draft.remove(draft.steps[step.name])


def _merged_padding(draft: _Draft, training: bool) -> None:
    """Padding layers become one border, and the padding of a "valid" convolution."""
    for found in draft.each():
        step = draft.now(found)
        if step is None or type(step.kind).__name__ != "ZeroPadding2D":
            continue
        total = step.padding or step.kind.padding
        after = draft.next_alone(step)
        if after is None:
            continue
        if type(after.kind).__name__ == "ZeroPadding2D":
            pairs = zip(total, after.kind.padding, strict=True)
            total = tuple((a + c, b + d) for (a, b), (c, d) in pairs)
        elif not _takes_zeros(after, total):
            continue
        draft.update(after, padding=total, inputs=step.inputs)
        draft.remove(step)


def _folded(draft: _Draft, training: bool) -> None:
    """In inference, batch normalisation and rescaling go into weights, activations into kernels."""
    if training:
        return
    for found in draft.each():
        step = draft.now(found)
        if step is None or step.part != PRODUCT or not (_is_conv(step) or _is_dense(step)):
            continue
        after = draft.next_alone(step)
        if after is not None and _normalizes_channels(after):
            draft.update(step, folded=True)
            draft.remove(after)
    for found in draft.each():
        step = draft.now(found)
        if step is None:
            continue
        after = draft.next_alone(step)
        if after is None:
            continue
        if type(step.kind).__name__ == "Rescaling" and _is_conv(after) and not _offset(step.kind):
            draft.update(after, folded=True)
            draft.remove(step)
        elif _is_conv(step) and step.kind.rank == 2 and _joins(after):
            draft.remove(after)


def _pool_first(draft: _Draft, training: bool) -> None:
    """Max-pooling before a monotone activation."""
    for found in draft.each():
        step = draft.now(found)
        if step is None or step.part != ACTIVATION:
            continue
        after = draft.next_alone(step)
        if after is None or type(after.kind).__name__ not in POOLINGS:
            continue
        kind = step.kind
        monotone = step.activation in MONOTONE and getattr(kind, "alpha", 0.0) >= 0.0
        if monotone and not kind.penalises:
            draft.swap(step, after)


def _bfloat16(draft: _Draft, precision: str | Collection[str]) -> None:
    """Products in bfloat16, and what passes their results on."""
    low: set[Port] = set()
    for step in draft.each():
        product = _is_conv(step) or _is_dense(step)
        chosen = precision == "bfloat16" or step.node.layer in precision
        bends = step.part == ACTIVATION and step.activation in BENDS and not step.kind.penalises
        follows = step.part == WHOLE and type(step.kind).__name__ in FOLLOWS
        passes = (bends or follows) and step.reads and all(p in low for p in step.reads)
        if passes or (product and chosen):
            draft.update(step, low=True)
            low.update(step.writes)


def _in_place(draft: _Draft, training: bool) -> None:
    """An activation writes where it read."""
    for step in draft.each():
        if step.part != ACTIVATION:
            continue
        before = draft.steps.get(step.reads[0].node)
        numbers = vars(step.kind) if step.name == step.node.name else {}
        if before is None or not has_in_place(step.activation, numbers):
            continue
        if draft.next_alone(before) == step and _is_fresh(before):
            draft.update(step, in_place=True)


def _is_fresh(before: Step) -> bool:
    name, rank = type(before.kind).__name__, before.outputs[0].rank
    if before.part == PRODUCT:
        return (rank >= 4 and _is_conv(before)) or (rank == 2 and _is_dense(before))
    return name in FRESH and (name != "BatchNormalization" or _normalizes_channels(before))


def _takes_zeros(step: Step, total: tuple[tuple[int, int], ...]) -> bool:
    """Whether a convolution can take a border as its own: kernels pad both sides alike."""
    even = all(before == behind for before, behind in total)
    return _is_conv(step) and step.kind.padding == "valid" and even


def _normalizes_channels(step: Step) -> bool:
    named = type(step.kind).__name__ == "BatchNormalization"
    return named and step.kind.axis in (-1, step.outputs[0].rank - 1)


def _joins(step: Step) -> bool:
    """Whether a convolution's kernel can apply an activation while it writes."""
    known = step.part == ACTIVATION and step.activation in JOINED
    return known and not step.kind.penalises


def _is_conv(step: Step) -> bool:
    return step.part == PRODUCT and isinstance(step.kind, Conv)


def _is_dense(step: Step) -> bool:
    return step.part == PRODUCT and isinstance(step.kind, Dense)


def _offset(kind: Any) -> bool:
    return any(kind.offset if isinstance(kind.offset, tuple) else (kind.offset,))


RULES: tuple[Callable[[_Draft, bool], None], ...] = (_idle, _merged_padding, _folded, _pool_first)
