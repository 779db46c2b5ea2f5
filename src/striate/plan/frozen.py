"""FrozenExecutor: runs a plan whose weights never change, laid out as the kernels read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from torch import Tensor

from striate.graph import Graph, Node, window
from striate.layers import Dense, Layer
from striate.layers.convolution import Conv
from striate.ops.border import pad
from striate.ops.packed import Function, packed_conv, packed_dense
from striate.plan.binding import Bound
from striate.plan.execute import Executor
from striate.plan.operation import PRODUCT, Operation
from striate.plan.plan import Note
from striate.plan.weights import WeightSource

RULE = "laid out"


class FrozenExecutor(Executor):
    """As `Executor`, for weights that stay as they are.

    Why the result is the same: the numbers of a weight are the same in another order in memory.
    Sums may be added up in another order: equal to the rounding of float32.

    Attributes:
        notes: which products have their weights laid out.
        refused: which have not, and why.
    """

    frozen: ClassVar[bool] = True

    def __init__(self, *given: Any) -> None:
        self.notes: list[Note] = []
        self.refused: list[Note] = []
        super().__init__(*given)

    def bound(
        self, op: Operation, node: Node, layer: Layer, graph: Graph, layers: Mapping[str, Layer]
    ) -> Bound:
        if op.part != PRODUCT or not _is_product(layer):
            return super().bound(op, node, layer, graph, layers)
        reason = _reason(op, node, layer, graph)
        made = None if reason else _made(op, node, layer, graph, layers)
        if made is None:
            text = reason or "this torch has no kernel for it"
            self.refused.append(Note(RULE, op.nodes, text))
            return super().bound(op, node, layer, graph, layers)
        self.notes.append(Note(RULE, op.nodes, "its weights lie as the kernel reads them"))
        return made, None


def _is_product(layer: Layer) -> bool:
    own = getattr(type(layer), "before_activation", None)
    return own is Conv.before_activation or own is Dense.before_activation


def _reason(op: Operation, node: Node, layer: Any, graph: Graph) -> str:
    device = layer.kernel.device.type
    if device != "cpu":
        return f"on devices of type {device} the library lays weights out itself"
    if op.precision == "float16":
        return "the kernel knows float32 and bfloat16"
    if isinstance(layer, Dense):
        return "" if node.output.rank == 2 else "it is a product with maps"
    if node.output.rank != 4:
        return "the kernel is for images"
    if None in graph.spec(node.inputs[0]).spatial:
        return "the size of the image is open"
    return ""


def _made(
    op: Operation, node: Node, layer: Layer, graph: Graph, layers: Mapping[str, Layer]
) -> Function | None:
    norm = layers[graph[op.normalized_by].layer] if op.normalized_by else None
    scale = op.factor if op.scaled_by else None
    kernel, bias = WeightSource(layer, node, norm, scale, op.precision, True)()
    kernel, bias = kernel.detach(), None if bias is None else bias.detach()
    if isinstance(layer, Dense):
        product = packed_dense(kernel.t(), bias)
        return None if product is None else partial(_typed, function=product, dtype=kernel.dtype)
    kind: Any = node.kind
    spec = graph.spec(node.inputs[0])
    sizes = [n or 0 for n in spec.spatial]
    amounts = op.padding
    if amounts is None:
        places = (sizes, kernel.shape[:2], kind.strides, kind.dilation_rate)
        amounts = tuple(window.all_axes(kind.padding, *places))
    even = all(before == after for before, after in amounts)
    zeros = [before if even else 0 for before, _ in amounts]
    joined = None
    if op.joined is not None:
        joined = (op.joined[0], vars(graph[op.joined[1]].kind) if op.joined[1] != op.node else {})
    weight = kernel.permute(3, 2, 0, 1)
    rest = (kind.strides, zeros, kind.dilation_rate, kind.groups)
    larger = [n + sum(ends) for n, ends in zip(sizes, amounts, strict=True)]
    convolution = packed_conv(weight, bias, *rest, sizes if even else larger, joined)
    if convolution is None:
        return None
    function = partial(_typed, function=convolution, dtype=kernel.dtype)
    return function if even else partial(_padded, function=function, amounts=amounts)


def _typed(x: Tensor, function: Function, dtype: Any) -> Tensor:
    return function(x if x.dtype is dtype else x.to(dtype))


def _padded(x: Tensor, function: Function, amounts: Any) -> Tensor:
    return function(pad(x, amounts))
