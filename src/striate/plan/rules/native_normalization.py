"""Batch normalisation, the sum and the activation behind it in one step, for training."""

from __future__ import annotations

from dataclasses import replace

from striate.graph import Port
from striate.kernels.batch_norm import BatchNorm
from striate.layers import BatchNormalization
from striate.plan.draft import Draft
from striate.plan.half import low_values
from striate.plan.operation import WHOLE, Operation
from striate.plan.rules.blocks import rectifier

RULE = "one normalisation"


def native_normalization(draft: Draft) -> None:
    """Batch normalisation in training with an `Add` and a rectifier behind it: two passes.

    Why the result is the same: mean and variance are those of the batch, summed up in float64
    from short sums in float32; sum and activation are applied while the result is written. The
    backward pass finds where the activation was open from the input, by the same arithmetic, or
    from bits that the forward pass noted if a map was added; so it needs no result, and the
    activation's input is nowhere kept. Bfloat16 values are read and written as they are and
    calculated with in float32; a sum is rounded once instead of twice. The moving statistics move
    as in the plain form. Second derivatives are those of the plain form (`plan.normalizing`).
    """
    if not draft.request.backward:
        return
    reason = draft.no_kernels()
    low = low_values(draft.operations, draft.graph, draft.layers)
    found = [op for op in draft.operations if _trains(draft, op)]
    reasons = [(op, reason or _obstacle(draft, op, low)) for op in found]
    for operation, why in reasons:
        if not why:
            _join(draft, operation)
    draft.refuse_each(RULE, reasons)


def _trains(draft: Draft, operation: Operation) -> bool:
    """Whether it is a batch normalisation that takes the statistics of the batch."""
    layer = draft.layer(operation)
    known = isinstance(layer, BatchNormalization) and operation.part == WHOLE
    return known and draft.trains(operation) and layer.trainable


def _obstacle(draft: Draft, operation: Operation, low: set[Port]) -> str:
    """ "" if the kernel does it, else why not."""
    kind = draft.kind(operation)
    if kind.axis not in (-1, draft.node(operation).output.rank - 1):
        return "its axis is not the channels"
    if draft.observed(operation):
        return "someone set hooks on it"
    if type(draft.layer(operation)) is not BatchNormalization:
        return "it is a layer of the user's own"
    if draft.request.precision == "float16" and low & {*operation.reads, *operation.writes}:
        return "its values are float16"
    return ""


def _join(draft: Draft, operation: Operation) -> None:
    """Makes one step of a batch normalisation with what follows it."""
    kind = draft.kind(operation)
    norm = BatchNorm("linear", 0.0, False, kind.epsilon, kind.momentum)
    nodes = operation.nodes
    later = _sum(draft, operation)
    if later is not None:
        nodes, norm = (*nodes, *later.nodes), replace(norm, adds=True)
        operation = draft.absorb(operation, later)
    after = draft.next_alone(operation)
    known = None if after is None else rectifier(draft, after)
    if after is not None and known is not None:
        nodes, norm = (*nodes, *after.nodes), replace(norm, activation=known[0], number=known[1])
        draft.remove(after)
    nodes = tuple(dict.fromkeys(nodes))
    draft.update(operation, normalizes=norm, nodes=nodes)
    draft.say(RULE, nodes, f"one step by our own kernel: normalise{norm.text}")


def _sum(draft: Draft, operation: Operation) -> Operation | None:
    """The sum with one other map that alone reads its result."""
    (result,) = operation.writes
    readers = draft.readers(operation)
    if len(readers) != 1 or result in draft.outputs:
        return None
    (later,) = readers
    others = [p for p in later.reads if p != result]
    plain = type(draft.kind(later)).__name__ == "Add" and not draft.kind(later).penalises
    if not plain or len(later.reads) != 2 or len(others) != 1 or draft.observed(later):
        return None
    sizes = {draft.graph.spec(p).shape for p in draft.node(later).inputs}
    return None if len(sizes) > 1 else later
