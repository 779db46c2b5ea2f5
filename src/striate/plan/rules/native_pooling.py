"""Max-pooling and the ReLU behind it in one step, for training."""

from __future__ import annotations

from dataclasses import replace

from striate.graph import window
from striate.kernels.pooled_conv import suitable
from striate.kernels.shapes import ConvShape
from striate.kernels.window_pool import obstacle
from striate.layers import MaxPooling2D
from striate.plan.draft import Draft
from striate.plan.half import low_values
from striate.plan.operation import WHOLE, Operation
from striate.plan.rules.blocks import conv_shape, rectifier, with_followers

RULE = "pooling"


def native_pooling(draft: Draft) -> None:
    """A max-pooling that no block has taken in, with a ReLU behind it.

    Why the result is the same: it is the largest of the same values, the first of equals, and a
    NaN where there is one, as in torch. Which place of the window it came from is noted in a byte,
    or that the ReLU made it 0; so the backward pass finds for each value the windows that it won.
    Where windows overlap, its gradients are added up in the order of the windows. Second
    derivatives are those of the plain form (`plan.pooling`).
    """
    if not draft.request.backward:
        return
    reason = draft.no_kernels()
    found = [op for op in draft.operations if _pools(draft, op)]
    reasons = [(op, reason or _reason(draft, op)) for op in found]
    for operation, why in reasons:
        if not why:
            _join(draft, operation)
    draft.refuse_each(RULE, reasons)


def _pools(draft: Draft, operation: Operation) -> bool:
    return operation.part == WHOLE and type(draft.layer(operation)) is MaxPooling2D


def _reason(draft: Draft, operation: Operation) -> str:
    """ "" if our kernel does it, else why not."""
    if draft.observed(operation):
        return "someone set hooks on it"
    if None in draft.graph.spec(draft.node(operation).inputs[0]).spatial:
        return "the size of the image is open"
    low = low_values(draft.operations, draft.graph, draft.layers)
    if low & {*operation.reads}:
        return "its values are of a half type"
    return obstacle(_shape(draft, operation))


def _shape(draft: Draft, operation: Operation) -> ConvShape:
    """The sizes of a pooling."""
    kind, spec = draft.kind(operation), draft.graph.spec(draft.node(operation).inputs[0])
    size, channels = (spec.spatial[0] or 0, spec.spatial[1] or 0), spec.channels or 0
    amounts = window.all_axes(kind.padding, size, kind.pool_size, kind.strides, (1, 1))
    return ConvShape(
        channels,
        channels,
        size,
        kind.pool_size,
        kind.strides,
        padding=tuple(amounts),  # type: ignore[arg-type]
    )


def _join(draft: Draft, operation: Operation) -> None:
    """Makes one step of a pooling with the ReLU behind it."""
    shape, after = _shape(draft, operation), _relu(draft, operation)
    nodes = operation.nodes
    if after is not None:
        nodes = tuple(dict.fromkeys((*nodes, *after.nodes)))
        draft.remove(after)
        shape = replace(shape, activation="relu")
    draft.update(operation, pools=shape, nodes=nodes)
    draft.say(RULE, nodes, "one step by our own kernel: a byte says where each value came from")


def _relu(draft: Draft, operation: Operation) -> Operation | None:
    """The ReLU that alone reads an operation's result."""
    after = draft.next_alone(operation)
    return after if after is not None and rectifier(draft, after) == ("relu", 0.0) else None


def windowed(draft: Draft, operation: Operation) -> tuple[ConvShape, ConvShape] | None:
    """The sizes of a convolution and of the pooling behind it that our kernels run at once.

    None for poolings of 2x2 that do not overlap, for which blocks have kernels of their own.
    """
    if with_followers(draft, operation)[0].pool == 2:
        return None
    pooling = draft.next_alone(operation)
    if pooling is None or not _pools(draft, pooling) or _reason(draft, pooling):
        return None
    conv, pool = conv_shape(draft, operation), _shape(draft, pooling)
    if _relu(draft, pooling) is not None:
        pool = replace(pool, activation="relu")
    if not suitable(conv, pool):
        return None
    # rows and columns that no window sees need not be computed, if nothing but zeros is behind
    windows = zip(pool.convolved, pool.strides, pool.kernel, strict=True)
    seen = ((n - 1) * s + k for n, s, k in windows)
    around = []
    for (before, behind), last, size in zip(conv.padding, seen, conv.convolved, strict=True):
        around.append((before, max(0, behind - max(0, size - last))))
    conv = replace(conv, padding=(around[0], around[1]))
    return conv, replace(pool, size=conv.convolved)


def join_windowed(
    draft: Draft, operation: Operation, conv: ConvShape, pool: ConvShape
) -> tuple[str, ...]:
    """Makes one step of a convolution, the pooling behind it and its ReLU; gives their nodes."""
    pooling = draft.next_alone(operation)
    followers = [] if pooling is None else [pooling, _relu(draft, pooling)]
    nodes = operation.nodes
    for after in followers:
        if after is not None:
            nodes = tuple(dict.fromkeys((*nodes, *after.nodes)))
            draft.remove(after)
    draft.update(operation, block=conv, pools=pool, nodes=nodes)
    return nodes
