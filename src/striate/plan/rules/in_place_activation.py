"""Activations overwrite their input where nobody needs it any more."""

from __future__ import annotations

from striate.graph.rewriting import FRESH, has_in_place
from striate.plan.draft import Draft
from striate.plan.operation import ACTIVATION, PRODUCT, Operation
from striate.plan.rules.products import is_convolution, is_dense

RULE = "in place"


def in_place_activation(draft: Draft) -> None:
    """An activation writes where it read.

    Why the result is the same: nobody else reads the input of the activation; what computed it
    does not need it for its backward pass (a product needs its own input and weights, a pooling
    its indices, a sum nothing); and the activation's own derivative follows from its result.
    """
    for operation in draft.each():
        if operation.part != ACTIVATION:
            continue
        before = draft.writer(operation.reads[0])
        reason = _reason(draft, before, operation)
        if reason:
            draft.refuse(RULE, operation.nodes, reason)
            continue
        draft.update(operation, in_place=True)
        draft.say(RULE, operation.nodes, f"{operation.activation} overwrites its input")


def _reason(draft: Draft, before: Operation | None, operation: Operation) -> str:
    name = operation.activation
    numbers = vars(draft.kind(operation)) if draft.node(operation).name == operation.name else {}
    if before is None:
        return "it would overwrite the model's input"
    if not has_in_place(name, numbers):
        shown = name or "the activation"
        if draft.request.backward:
            return f"{shown} needs its input for the backward pass"
        return f"{shown} has no form that overwrites its input"
    if not draft.alone(before, operation):
        return "others read its input, too"
    if draft.observed(before) or draft.observed(operation):
        return "someone set hooks on one of them"
    if not _fresh(draft, before):
        return "what comes before it may need its result, or share its memory"
    return ""


def _fresh(draft: Draft, before: Operation) -> bool:
    kind = draft.kind(before)
    name = type(kind).__name__
    rank = draft.node(before).output.rank
    if before.block is not None and before.block.activation != "linear":
        return False  # its derivative follows from its result
    if before.part == PRODUCT:
        # others give a view: of a plane (Conv1D), of a matrix (Dense on maps)
        plane = rank >= 4 and is_convolution(draft, before)
        return plane or (rank == 2 and is_dense(draft, before))
    if name == "BatchNormalization" and kind.axis not in (-1, rank - 1):
        return False
    return name in FRESH
