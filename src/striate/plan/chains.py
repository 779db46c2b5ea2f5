"""Chains: blocks of our own kernels, each behind the other, that one call runs in training."""

from __future__ import annotations

from striate.kernels.block import Block
from striate.kernels.chain import gives_gradient, suitable
from striate.plan.draft import Draft
from striate.plan.operation import WHOLE, Operation
from striate.plan.plan import Chain

RULE = "one call"


def chains(draft: Draft) -> tuple[Chain, ...]:
    """The runs of blocks that one native call does forward, and another one backward.

    Why the result is the same: the kernels are those of the blocks alone. What is saved is the way
    through Python from one to the next, forward and backward. Values that are computed again in
    the backward pass, to save memory, are left to the steps alone.
    """
    if not draft.request.backward or draft.request.again:
        return ()
    operations = draft.operations
    found: list[Chain] = []
    for i, operation in enumerate(operations):
        inside = bool(found) and i < found[-1].stop
        if inside or not begins(draft, operation):
            continue
        stop, count = i + 1, 1
        while (after := _next(draft, stop)) > stop:
            stop, count = after, count + 1
        if count > 1:
            found.append(Chain(i, stop))
            nodes = tuple(dict.fromkeys(n for op in operations[i:stop] for n in op.nodes))
            draft.say(RULE, nodes, "one native call runs them forward, and one backward")
    return tuple(found)


def begins(draft: Draft, operation: Operation) -> bool:
    """Whether a chain can begin with an operation: of a model's input nobody asks the gradient."""
    if operation.block is None or operation.pools or not suitable(Block(operation.block)):
        return False
    first = draft.writer(operation.reads[0]) is None
    return first or gives_gradient(Block(operation.block))


def _next(draft: Draft, stop: int) -> int:
    """The end of the block that reads what operation `stop` - 1 gives; `stop` if there is none."""
    operations = draft.operations
    at = stop
    if at < len(operations) and is_flatten(draft, operations[at]):
        if not draft.alone(operations[at - 1], operations[at]):
            return stop
        at += 1
    if at >= len(operations) or not draft.alone(operations[at - 1], operations[at]):
        return stop
    shape = operations[at].block
    if shape is None or operations[at].pools or (at > stop and shape.size != (1, 1)):
        return stop
    block = Block(shape)
    return at + 1 if suitable(block) and gives_gradient(block) else stop


def is_flatten(draft: Draft, operation: Operation) -> bool:
    """Whether an operation puts a map's values in a row, and nothing else."""
    kind = draft.kind(operation)
    plain = operation.part == WHOLE and type(kind).__name__ == "Flatten"
    return plain and not kind.penalises and not draft.observed(operation)
