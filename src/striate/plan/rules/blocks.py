"""What rules ask about blocks: a convolution with the pooling and the activation that follow it."""

from __future__ import annotations

from dataclasses import replace

from striate.graph import window
from striate.kernels.block import Block
from striate.kernels.shapes import ConvShape
from striate.plan.draft import Draft
from striate.plan.native_steps import activation_of
from striate.plan.operation import ACTIVATION, Operation
from striate.plan.rules.products import is_dense

Found = tuple[ConvShape, list[Operation]]
RECTIFIERS = ("relu", "capped_relu", "leaky_relu")
RULE = "one block"


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
    known = None if after is None else rectifier(draft, after)
    if after is not None and known is not None:
        taken.append(after)
        shape = replace(shape, activation=known[0], number=known[1])
    return shape, taken


def half_shape(draft: Draft, operation: Operation) -> Found:
    """The same between maps of bfloat16."""
    shape, followers = with_followers(draft, operation)
    return replace(shape, half=True), followers


def join(draft: Draft, operation: Operation, shape: ConvShape, followers: list[Operation]) -> None:
    """Makes a block of a product with what follows it."""
    nodes = operation.nodes
    for after in followers:
        nodes = tuple(dict.fromkeys((*nodes, *after.nodes)))
        draft.remove(after)
    draft.update(operation, block=shape, nodes=nodes)
    text = " + ".join(Block(shape).names)
    inside = "; it multiplies in float32" if shape.half else ""
    draft.say(RULE, nodes, f"one step by our own kernels: {text}{inside}")


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


def rectifier(draft: Draft, after: Operation) -> tuple[str, float] | None:
    """A ReLU, capped or leaky too, as kernels know it: its name and its number; None: it is none.

    Of these the derivative follows from the result.
    """
    kind = draft.kind(after)
    if after.part != ACTIVATION or kind.penalises or draft.observed(after):
        return None
    known = activation_of(after.activation, vars(kind) if after.name == after.node else {})
    return known if known is not None and known[0] in RECTIFIERS else None
