"""Layers that do nothing in this mode are left out."""

from __future__ import annotations

from striate.graph.rewriting import TRAINING_ONLY
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, Operation

RULE = "idle layers"


def idle_layers(draft: Draft) -> None:
    """Leaves out dropout outside training, linear activations, and padding by nothing.

    Why the result is the same: each of them returns its input, value by value, and the gradient
    passes unchanged. Activity penalties keep a linear activation where it is.
    """
    for operation in draft.each():
        text = _idle(draft, operation)
        if not text or draft.observed(operation):
            continue
        draft.remove(operation)
        draft.say(RULE, operation.nodes, text)


def _idle(draft: Draft, operation: Operation) -> str:
    kind = draft.kind(operation)
    name = type(kind).__name__
    if name in TRAINING_ONLY and (not draft.trains(operation) or kind.rate == 0.0):
        return "left out: it acts in training only"
    if operation.part == ACTIVATION and operation.activation == "linear":
        penalised = getattr(kind, "activity_regularizer", None) is not None
        return "" if penalised else "left out: it returns its input"
    if name == "ZeroPadding2D" and not any(n for pair in kind.padding for n in pair):
        return "left out: it adds nothing"
    return ""
