"""cost: multiplications, operations and parameters, layer by layer and in all."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from striate.analysis.table import html_table, size_text, text_table
from striate.graph import Graph, Node, Spec
from striate.graph.kinds import InputLayer, Kind, Nested, WeightSpec
from striate.graph.kinds.convolution import Conv, DepthwiseConv, SeparableConv
from striate.graph.kinds.pooling import Pooling
from striate.graph.spec import product

RULE = (
    "MACs: products with their additions, of convolutions and matrix products, without biases."
    " FLOPs: two per MAC, one per value for each bias, activation and sum, one per value of a"
    " window that is pooled, two per value that is normalised."
)
# Operations per value of the result, of layers that are not products. Views and joins: none.
PER_VALUE = {
    "Elementwise": 1,
    "Normalizing": 2,
    "Rescaling": 2,
    "Normalization": 2,
    "Dropout": 1,
    "Operation": 1,
}


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs, per sample.

    Args:
        name: the layer; those of nested models have the model's name in front, later calls of a
            shared layer a number behind.
        kind: its class.
        macs: multiplications with additions in the forward pass; None if nobody knows.
        flops: operations of the forward pass.
        backward_macs: the same of the backward pass.
        num_parameters: values in its weights.
        formula: how they come about, such as "(3*3*64 + 1) * 128".
        macs_share: its part of all MACs, 0 to 1.
        parameters_share: its part of all parameters.
    """

    name: str
    kind: str
    macs: int | None
    flops: int | None
    backward_macs: int | None
    num_parameters: int
    formula: str
    macs_share: float
    parameters_share: float


@dataclass(frozen=True)
class Cost:
    """What `cost` returns: totals, per sample, and the layers.

    Args:
        name: the model's name.
        layers: in the order in which they run.
        macs: multiplications with additions of one forward pass.
        flops: its operations.
        backward_macs: multiplications with additions of one backward pass.
        num_parameters: values in all weights.
        uncounted: layers whose cost nobody knows: the user's own, and open sizes.
        rule: what is counted.
    """

    name: str
    layers: tuple[LayerCost, ...]
    macs: int
    flops: int
    backward_macs: int
    num_parameters: int
    uncounted: tuple[str, ...]
    rule: str = RULE

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per layer."""
        return [asdict(layer) for layer in self.layers]

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [
            (
                f"{row.name} ({row.kind})",
                "?" if row.macs is None else f"{row.macs:,}",
                f"{row.macs_share:.1%}",
                f"{row.num_parameters:,}",
                f"{row.parameters_share:.1%}",
                row.formula,
            )
            for row in self.layers
            if row.macs != 0 or row.num_parameters
        ]
        return [*rows, ("in all", f"{self.macs:,}", "", f"{self.num_parameters:,}", "", "")]

    def _totals(self) -> list[str]:
        lines = [
            f"forward: {count_text(self.macs)} MACs, {count_text(self.flops)} FLOPs;"
            f" backward: {count_text(self.backward_macs)} MACs, per sample",
            f"parameters: {count_text(self.num_parameters)},"
            f" {size_text(4 * self.num_parameters)} as float32",
        ]
        if self.uncounted:
            lines.append(f"not counted: {', '.join(self.uncounted)}")
        return lines

    def totals_text(self) -> str:
        """The totals, without the layers."""
        return "\n".join(self._totals())

    def __str__(self) -> str:
        table = text_table(_HEADER, self._rows(), right=(1, 2, 3, 4))
        return "\n".join([f"{self.name}: cost", "", table, "", *self._totals()])

    def _repr_html_(self) -> str:
        totals = "<br>".join(html.escape(line) for line in self._totals())
        table = html_table(_HEADER, self._rows(), right=(1, 2, 3, 4))
        return f"<p>{html.escape(self.name)}: cost</p>{table}<p>{totals}</p>"


_HEADER = ("layer", "MACs", "of all", "parameters", "of all", "formula")


def cost(graph: Graph) -> Cost:
    """What a model costs: MACs, FLOPs and parameters of each layer, per sample.

    One MAC is a multiplication with its addition, counted in convolutions and matrix products,
    without the bias, zeros of padding included: the rule of most published numbers (some call
    them FLOPs). Everything else is in the FLOPs only. The backward pass computes the gradient of
    the weights and, unless nothing before the layer is trained, that of the input: each costs what
    the forward pass does.

    Args:
        graph: what to describe. Later calls of a shared layer are layers of their own here.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([st.layers.Conv2D(16, 3, input_shape=(28, 28, 1))])
        >>> found = cost(model.graph)
        >>> found.macs, found.num_parameters, found.layers[0].formula
        (97344, 160, '(3*3*1 + 1) * 16')
    """
    rows = list(_rows(graph, "", {}))
    macs, parameters = sum(row.macs or 0 for row in rows), graph.num_parameters
    shared = [
        LayerCost(
            row.name,
            row.kind,
            row.macs,
            row.flops,
            row.backward_macs,
            row.num_parameters,
            row.formula,
            (row.macs or 0) / max(1, macs),
            row.num_parameters / max(1, parameters),
        )
        for row in rows
    ]
    return Cost(
        name=graph.name,
        layers=tuple(shared),
        macs=macs,
        flops=sum(row.flops or 0 for row in rows),
        backward_macs=sum(row.backward_macs or 0 for row in rows),
        num_parameters=parameters,
        uncounted=tuple(row.name for row in rows if row.macs is None),
    )


def _rows(graph: Graph, prefix: str, needs: dict[Any, bool]) -> Iterator[LayerCost]:
    """Rows without shares; `needs` says which values need gradients."""
    trained = {n.layer: n.num_trainable > 0 for n in graph if n.first_call}
    for node in graph:
        if isinstance(node.kind, InputLayer):
            continue
        inputs = tuple(graph.spec(p) for p in node.inputs)
        before = any(needs.get((prefix, p.node)) for p in node.inputs)
        needs[prefix, node.name] = before or trained[node.layer]
        if isinstance(node.kind, Nested):
            inner = node.kind.running
            inner = inner if inputs == inner.input_specs else inner.respecify(inputs)
            inside = f"{prefix}{node.name}/"
            for port in inner.inputs:
                needs[inside, port.node] = before
            yield from _rows(inner, inside, needs)
            continue
        macs = node.kind.macs(*inputs)
        asking = sum(bool(needs.get((prefix, p.node))) for p in node.inputs)
        yield LayerCost(
            name=prefix + node.name,
            kind=node.kind_name,
            macs=macs,
            flops=None if macs is None else 2 * macs + _other_operations(node, inputs),
            backward_macs=_backward(node.kind, inputs, asking, trained[node.layer]),
            num_parameters=node.num_parameters,
            formula=formula(node),
            macs_share=0.0,
            parameters_share=0.0,
        )


def _backward(kind: Kind, inputs: tuple[Spec, ...], asking: int, trained: bool) -> int | None:
    """As many for each factor of a product that needs a gradient.

    Inside a frozen layer of two inputs, such as attention, each product counts for both.

    Args:
        kind: of the layer.
        inputs: what it is called on.
        asking: how many of them need gradients.
        trained: whether its weights do.
    """
    macs, inside = kind.macs(*inputs), kind.macs_inside(*inputs)
    if macs is None or inside is None:
        return None
    return (macs - inside) * (bool(asking) + trained) + inside * (2 if trained else min(2, asking))


def _other_operations(node: Node, inputs: tuple[Spec, ...]) -> int:
    """What is not a MAC: biases, activations, windows, sums."""
    kind: Any = node.kind
    values = product(node.output.shape[1:]) or 0
    given = product(inputs[0].shape[1:]) or 0
    named = getattr(kind, "activation", None)
    if hasattr(kind, "use_bias"):
        bent = named is not None and named.name != "linear"
        return values * (bool(kind.use_bias) + bent)
    if isinstance(kind, Pooling):
        return values * (product(kind.pool_size) or 0)
    names = [family.__name__ for family in type(kind).__mro__]
    if any("Pooling" in name for name in names):
        return given
    if "Merge" in names:
        return values * (len(inputs) - 1)
    return values * next((PER_VALUE[name] for name in names if name in PER_VALUE), 0)


def formula(node: Node) -> str:
    """How a layer's parameters come about, with its numbers.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([st.layers.Dense(10, input_shape=(784,))])
        >>> formula(model.graph["dense"])
        '(784 + 1) * 10'
    """
    weights = {w.name: w for w in node.weights}
    kernel, bias = weights.get("kernel"), weights.get("bias")
    kind = node.kind
    if isinstance(kind, SeparableConv):
        parts = [_times(w) for w in node.weights]
        return " + ".join(parts)
    simple = kernel is not None and len(weights) == 1 + (bias is not None)
    if not simple or kernel is None:
        return _by_shape(node.weights)
    if isinstance(kind, DepthwiseConv):
        *window, channels, each = kernel.shape
        outputs, inside = f"{channels * each}", window
    elif isinstance(kind, Conv) or len(kernel.shape) == 2:
        *inside, last = kernel.shape
        outputs = f"{last}"
    else:
        return _by_shape(node.weights)
    taps = "*".join(str(n) for n in inside)
    if bias is not None:
        return f"({taps} + 1) * {outputs}"
    return f"{taps} * {outputs}"


def _by_shape(weights: tuple[WeightSpec, ...]) -> str:
    """Weights of one shape together: "4 * 64"."""
    counts: dict[str, int] = {}
    for weight in weights:
        text = _times(weight)
        counts[text] = counts.get(text, 0) + 1
    return " + ".join(f"{n} * {text}" if n > 1 else text for text, n in counts.items())


def _times(weight: WeightSpec) -> str:
    return "*".join(str(n) for n in weight.shape) or "1"


def count_text(number: float) -> str:
    """A large number for people.

    Example:
        >>> count_text(15_470_264_320), count_text(1_234), count_text(160)
        ('15.47 G', '1.23 k', '160')
    """
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {unit}"
    return f"{number:g}"
