"""Max-pooling before a monotone activation."""

from __future__ import annotations

from striate.graph.rewriting import MONOTONE, POOLINGS
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, Operation

RULE = "pool first"


def pool_first(draft: Draft) -> None:
    """Activation, then max-pooling: pooling, then the activation of a quarter of the values.

    Why the values are the same: for a monotone f the largest f(x) of a window is f of its largest
    x. Padding counts as minus infinity and every window has a value of the image, so padding
    never wins, before or after f.

    Why the gradients are the same: both forms hand the gradient of a window, times f', to one of
    its values of largest f(x). They could choose different ones only where f gives two values the
    same result. Where f is flat there (relu below 0, relu6 above 6) f' is 0, and both hand on 0.
    Where f rises, two values have one result only if rounding made them equal; then the gradient
    goes to either of two values that cannot be told apart after f.
    """
    for operation in draft.each():
        pooling = draft.next_alone(operation) if operation.part == ACTIVATION else None
        if operation.part == ACTIVATION and pooling is None:
            _say_if_shared(draft, operation)
        if pooling is None or type(draft.kind(pooling)).__name__ not in POOLINGS:
            continue
        nodes = (*operation.nodes, *pooling.nodes)
        reason = _reason(draft, operation, pooling)
        if reason:
            draft.refuse(RULE, nodes, reason)
            continue
        draft.swap(operation, pooling)
        draft.say(RULE, nodes, f"{operation.activation} sees only the largest of each window")


def _reason(draft: Draft, operation: Operation, pooling: Operation) -> str:
    name = operation.activation
    kind = draft.kind(operation)
    if name not in MONOTONE or getattr(kind, "alpha", 0.0) < 0.0:
        return f"{name or 'the activation'} is not known to be monotone"
    if kind.penalises:
        return "its activity penalty is of all values"
    if draft.observed(operation) or draft.observed(pooling):
        return "someone set hooks on one of them"
    return ""


def _say_if_shared(draft: Draft, operation: Operation) -> None:
    readers = draft.readers(operation)
    poolings = [op for op in readers if type(draft.kind(op)).__name__ in POOLINGS]
    if poolings:
        nodes = (*operation.nodes, *poolings[0].nodes)
        draft.refuse(RULE, nodes, "others read the activated values, too")
