"""Layers that do nothing in this mode are left out."""

from __future__ import annotations

from striate.graph.kinds.base import RETURNS_INPUT
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, WHOLE, Operation

RULE = "idle layers"


def idle_layers(draft: Draft) -> None:
    """Leaves out what acts in training only, linear activations, borders of nothing.

    Why the result is the same: each of them returns its input, value by value, and the gradient
    passes unchanged; its kind says so (`Kind.idle`). What adds a penalty to the loss stays.
    """
    for operation in draft.each():
        reason = _idle(draft, operation)
        if not reason or draft.observed(operation):
            continue
        draft.remove(operation)
        draft.say(RULE, operation.nodes, f"left out: {reason}")


def _idle(draft: Draft, operation: Operation) -> str:
    kind = draft.kind(operation)
    if operation.part == ACTIVATION and operation.activation == "linear":
        return "" if kind.penalises else RETURNS_INPUT
    if operation.part != WHOLE or len(operation.reads) != 1 or operation.num_outputs != 1:
        return ""
    return str(kind.idle(draft.trains(operation)))
