"""Batch normalisation goes into the weights of the product before it, for inference."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.products import is_convolution, is_dense

RULE = "normalisation in weights"


def normalization_in_weights(draft: Draft) -> None:
    """Product, then batch normalisation with moving statistics: one product with other weights.

    Why the result is the same: the normalisation is a x + c per channel, and
    a (k x + b) + c = (a k) x + (a b + c): a product again (`ops.folding`, which computes a, c and
    the new weights in float64). Equal to the rounding of float32. The layer's own weights stay;
    the new ones are computed again when torch counts a write to any tensor they came from
    (`plan.weights`). Not where a backward pass may follow: gradients belong to the layer's own
    weights, and in training the statistics are those of the batch.
    """
    for operation in draft.each():
        if type(draft.kind(operation)).__name__ != "BatchNormalization":
            continue
        before = draft.writer(operation.reads[0])
        if before is None:
            continue
        nodes = (*before.nodes, *operation.nodes)
        reason = _reason(draft, before, operation)
        if reason:
            draft.refuse(RULE, nodes, reason)
            continue
        draft.remove(operation)
        draft.update(before, normalized_by=operation.node, nodes=nodes)
        draft.say(RULE, nodes, "scale and shift are part of kernel and bias")


def _reason(draft: Draft, before: Operation, operation: Operation) -> str:
    rank = draft.node(operation).output.rank
    if draft.trains(operation):
        return "in training it normalises by the statistics of the batch"
    if draft.request.backward:
        return "a backward pass needs the gradients of the layer's own weights"
    if not (is_convolution(draft, before) or is_dense(draft, before)):
        return "it does not follow a product"
    if not draft.alone(before, operation):
        return "others read the product, too"
    if draft.kind(operation).axis not in (-1, rank - 1):
        return "it does not normalise channels"
    if draft.observed(operation) or draft.observed(before):
        return "someone set hooks on one of them"
    return ""
