"""What rules ask about blocks: a convolution with the pooling and the activation that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from striate.graph import window
from striate.graph.rewriting import has_in_place
from striate.kernels.shapes import ConvShape
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, Operation
from striate.plan.rules.products import is_dense

Found = tuple[ConvShape, list[Operation]]


def conv_obstacle(draft: Draft, operation: Operation) -> str:
    """ "" if a convolution is one that our kernels know, else why not."""
    kind = draft.kind(operation)
    if kind.rank != 2:
        return "the kernels are for images"
    if kind.groups != 1:
        return "the kernels have no groups of channels"
    if draft.observed(operation):
        return "someone set hooks on it"
    spec = draft.graph.spec(draft.node(operation).inputs[0])
    if None in spec.spatial:
        return "the size of the image is open"
    return ""


def conv_shape(draft: Draft, operation: Operation) -> ConvShape:
    """The sizes of a convolution alone."""
    node, kind = draft.node(operation), draft.kind(operation)
    spec = draft.graph.spec(node.inputs[0])
    sizes = [n or 0 for n in spec.spatial]
    if operation.padding is not None:  # the node reads what a padding layer gave
        amounts = operation.padding
        sizes = [n - sum(ends) for n, ends in zip(sizes, amounts, strict=True)]
    else:
        places = (kind.kernel_size, kind.strides, kind.dilation_rate)
        amounts = tuple(window.all_axes(kind.padding, sizes, *places))
    height, width = sizes
    return ConvShape(
        channels=spec.channels or 0,
        filters=kind.filters,
        size=(height, width),
        kernel=kind.kernel_size,
        strides=kind.strides,
        dilation=kind.dilation_rate,
        padding=amounts,  # type: ignore[arg-type]
    )


def dense_shape(draft: Draft, operation: Operation) -> ConvShape:
    """The sizes of a dense product: a convolution of maps of one pixel."""
    spec = draft.graph.spec(draft.node(operation).inputs[0])
    return ConvShape(spec.channels or 0, draft.kind(operation).units, (1, 1), (1, 1))


def with_followers(draft: Draft, operation: Operation) -> Found:
    """The sizes of a product with the operations after it that its kernel can do."""
    taken: list[Operation] = []
    dense = is_dense(draft, operation)
    shape = (dense_shape if dense else conv_shape)(draft, operation)
    after = draft.next_alone(operation)
    if after is not None and _halves(draft, after, shape):
        shape, after = replace(shape, pool=2), _took(draft, taken, after)
    if after is not None and after.part == ACTIVATION:
        kind = draft.kind(after)
        numbers = {} if after.node == operation.node else vars(kind)
        known = None if kind.penalises else _activation(after.activation, numbers)
        if known is not None and not draft.observed(after):
            taken.append(after)
            shape = replace(shape, activation=known[0], number=known[1])
    return shape, taken


def _took(draft: Draft, taken: list[Operation], operation: Operation) -> Operation | None:
    taken.append(operation)
    return draft.next_alone(operation)


def _halves(draft: Draft, operation: Operation, shape: ConvShape) -> bool:
    """Whether it is the max-pooling that kernels know."""
    kind = draft.kind(operation)
    if type(kind).__name__ != "MaxPooling2D" or draft.observed(operation):
        return False
    even = all(n % 2 == 0 for n in shape.convolved)
    same_sizes = kind.padding == "valid" or even
    large = min(shape.convolved) >= 2
    return kind.pool_size == (2, 2) and kind.strides == (2, 2) and same_sizes and large


def _activation(name: str, numbers: Mapping[str, Any]) -> tuple[str, float] | None:
    """An activation as kernels know it: its name and its number."""
    if not has_in_place(name, numbers):  # its derivative must follow from its result
        return None
    slope = numbers.get("negative_slope")
    if slope:
        return "leaky_relu", slope
    if slope == 0.0 or name == "relu":
        return "relu", 0.0
    return {"relu6": ("capped_relu", 6.0), "leaky_relu": ("leaky_relu", 0.2)}.get(name)
