"""From an operation to the function that runs it, on the weights of its layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from torch import Tensor

from striate.graph import Graph, Node
from striate.graph.kinds import Nested
from striate.graph.rewriting import has_in_place
from striate.layers import BuiltIn, Layer
from striate.layers.calls import template_of
from striate.ops.affine import affine
from striate.ops.border import pad
from striate.ops.convolution import conv, conv_by_product
from striate.ops.dense import dense
from striate.ops.in_place import in_place
from striate.ops.joined import conv_joined
from striate.ops.layout import to_external, to_internal
from striate.plan.blocks import BlockFunction, rectified
from striate.plan.chaining import ChainFunction
from striate.plan.depthwise import DepthwiseFunction
from striate.plan.normalizing import NormFunction
from striate.plan.operation import ACTIVATION, PRODUCT, Operation
from striate.plan.pooling import PooledConvFunction, PoolFunction
from striate.plan.side_by_side import SideBySideFunction
from striate.plan.weights import WeightSource

FEW = 8  # images, below which the kernel with an activation inside costs more than it saves
Function = Callable[..., Any]
Bound = tuple[Function, Callable[[], None] | None]


def bind(
    op: Operation,
    node: Node,
    layer: Layer,
    graph: Graph,
    layers: Mapping[str, Layer],
    keep: bool,
) -> Bound:
    """The function of an operation, and one that makes it forget computed weights.

    Args:
        op: the operation.
        node: its node.
        layer: the node's layer.
        graph: the whole graph.
        layers: layer by layer name.
        keep: whether weights computed from others may be kept until they change.
    """
    if op.beside:
        return _beside(op, graph, layers, keep)
    if op.part == ACTIVATION:
        return _activation(op, layer), None
    if op.part == PRODUCT:
        if op.depthwise is not None:
            source = _source(op, graph, layers, keep)
            return DepthwiseFunction(op.depthwise, source), source.forget
        changed = op.precision != "float32" or op.normalized_by or op.scaled_by or op.joined
        planned = op.block is not None or op.padding is not None or op.product_images
        if changed or planned:
            return _product(op, node, layer, graph, layers, keep)
        return layer.before_activation, None  # type: ignore[return-value]
    if op.pools is not None:
        return PoolFunction(op.pools, layer), None
    if op.normalizes is not None:
        return NormFunction(op.normalizes, layer), None
    if op.affine is not None:
        scale, offset = op.affine
        return partial(affine, scale=scale, offset=offset), None
    if op.padding is not None:
        return partial(pad, amounts=op.padding), None
    if isinstance(node.kind, Nested) and node.kind.masked:
        return partial(layer.compute, masked=node.kind.masked), None  # type: ignore[call-arg]
    if getattr(node.kind, "call", None):
        return partial(layer.compute, template=template_of(node.kind, len(op.reads))), None
    return layer.compute, None


def _activation(op: Operation, layer: Any) -> Function:
    own = isinstance(layer, BuiltIn) and "activation" in layer._choices
    if not op.in_place:
        plain: Function = layer.finish if own else layer.compute
        return plain
    function = in_place(op.activation, vars(layer.kind) if op.name == op.node else {})
    penalty = layer._choices.get("activity_regularizer") if own else None
    if penalty is None:
        return function

    def with_penalty(x: Tensor) -> Tensor:
        out = function(x)
        layer.penalise(penalty(out) / max(1, out.shape[0]))
        return out

    return with_penalty


def _apart(op: Operation, numbers: Mapping[str, Any]) -> Operation:
    """The activation that a convolution was joined with, as an operation of its own."""
    name, node = op.joined or ("", "")
    own = node == op.node
    label = f"{node}/{name}" if own else node
    overwrites = has_in_place(name, numbers)
    return Operation(label, node, ACTIVATION, (), activation=name, in_place=overwrites)


def _source(op: Operation, graph: Graph, layers: Mapping[str, Layer], keep: bool) -> WeightSource:
    """Kernel and bias of a product."""
    node = graph[op.node]
    norm = layers[graph[op.normalized_by].layer] if op.normalized_by else None
    scale = op.factor if op.scaled_by else None
    ours = op.block is not None or op.depthwise is not None
    precision = "float32" if ours else op.precision  # our kernels read such weights
    return WeightSource(layers[node.layer], node, norm, scale, precision, keep)


def _beside(op: Operation, graph: Graph, layers: Mapping[str, Layer], keep: bool) -> Bound:
    sources = [_source(part, graph, layers, keep) for part in op.beside]

    def forget() -> None:
        for source in sources:
            source.forget()

    shapes = [part.block for part in op.beside if part.block is not None]
    return SideBySideFunction(shapes, sources), forget


def bind_chain(
    operations: Sequence[Operation], graph: Graph, layers: Mapping[str, Layer], keep: bool
) -> Bound:
    """As `bind`, for the operations of a chain together.

    Args:
        operations: blocks, each behind the other; a flattening between them is a view.
        graph: the whole graph.
        layers: layer by layer name.
        keep: whether weights computed from others may be kept until they change.
    """
    blocks = [(op, op.block) for op in operations if op.block is not None]
    sources = [_source(op, graph, layers, keep) for op, _ in blocks]
    products = [graph[op.node].output.rank == 2 for op, _ in blocks]

    def forget() -> None:
        for source in sources:
            source.forget()

    return ChainFunction([shape for _, shape in blocks], products, sources), forget


def _dense(x: Tensor, op: Operation, source: WeightSource) -> Tensor:
    """A dense product; of a block that is in no chain with its activation."""
    kernel, bias = source()
    out = to_internal(dense(to_external(x).to(kernel.dtype), kernel, bias))
    return out if op.block is None else rectified(out, op.block.activation, op.block.number)


def _product(
    op: Operation,
    node: Node,
    layer: Layer,
    graph: Graph,
    layers: Mapping[str, Layer],
    keep: bool,
) -> Bound:
    source = _source(op, graph, layers, keep)
    kind: Any = node.kind
    if type(kind).__name__ == "Dense":
        return partial(_dense, op=op, source=source), source.forget
    if op.block is not None and op.pools is not None:
        return PooledConvFunction(op.block, op.pools, source), source.forget
    if op.block is not None:
        return BlockFunction(op.block, source), source.forget
    padding = kind.padding if op.padding is None else op.padding
    rest = (kind.strides, padding, kind.dilation_rate, kind.groups)
    joined = None
    if op.joined is not None:
        numbers = vars(graph[op.joined[1]].kind) if op.joined[1] != op.node else {}
        joined = (op.joined[0], numbers)
        after = layers[graph[op.joined[1]].layer]
        alone = _activation(_apart(op, numbers), after)

    def convolution(x: Tensor) -> Any:
        kernel, bias = source()
        x = x if x.dtype is kernel.dtype else x.to(kernel.dtype)
        if len(x) <= op.product_images:
            return conv_by_product(x, kernel, bias, kind.strides, padding)
        if joined is not None and len(x) < FEW:
            return alone(conv(x, kernel, bias, *rest))
        if joined is not None:
            return conv_joined(x, kernel, bias, *rest, *joined)
        return conv(x, kernel, bias, *rest)

    return convolution, source.forget
