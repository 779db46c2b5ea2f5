"""Operations whose result nobody reads are left out."""

from __future__ import annotations

from striate.layers import BuiltIn
from striate.plan.draft import Draft
from striate.plan.operation import Operation

RULE = "unread"


def unread(draft: Draft) -> None:
    """Leaves out what no output depends on.

    Why the result is the same: no output is computed from it. Why not always: a layer may leave
    something besides its result. A penalty on its values counts in training and in evaluation, so
    it stays; a user's own layer may do anything, so it stays; in training moving statistics and
    random draws stay, which would shift those of later layers. From the last operation to the
    first, so that whole branches go.
    """
    for operation in reversed(list(draft.operations)):
        read = draft.readers(operation) or any(p in draft.outputs for p in operation.writes)
        if read:
            continue
        if _leaves_something(draft, operation):
            draft.refuse(RULE, operation.nodes, "nobody reads it, but it may do more than compute")
            continue
        draft.drop(operation)
        draft.say(RULE, operation.nodes, "left out: no output depends on it")


def _leaves_something(draft: Draft, operation: Operation) -> bool:
    layer = draft.layer(operation)
    if draft.observed(operation) or not isinstance(layer, BuiltIn) or layer.own_code:
        return True
    if draft.kind(operation).penalises:
        return True
    random = hasattr(draft.kind(operation), "seed")
    has_weights = bool(draft.node(operation).weights)
    return draft.trains(operation) and (random or has_weights)
