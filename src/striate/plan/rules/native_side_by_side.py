"""Blocks that read one map and are put side by side: one step, and no copies."""

from __future__ import annotations

from striate.kernels.side_by_side import SideBySide, obstacle
from striate.plan.draft import Draft
from striate.plan.operation import WHOLE, Operation

RULE = "side by side"


def native_side_by_side(draft: Draft) -> None:
    """Blocks of one map with a `Concatenate` behind them: each writes its part of the result.

    Why the result is the same: the kernels are those of `native_blocks`; they write to where the
    concatenation would have copied to, and their backward passes read the parts of the gradient
    where it lies. The gradients of the map that all of them read are added up in the order of the
    kernels, 3x3 before 1x1, where autograd would have added them in its own: they agree to the
    rounding of float32.
    """
    for operation in draft.each():
        parts = _blocks(draft, operation)
        if not parts:
            continue
        nodes = tuple(dict.fromkeys(n for op in (*parts, operation) for n in op.nodes))
        reason = _reason(draft, operation, parts)
        if reason:
            draft.refuse(RULE, nodes, reason)
            continue
        for part in parts:
            draft.drop(part)
        draft.update(operation, reads=parts[0].reads, beside=tuple(parts), nodes=nodes)
        names = SideBySide([op.block for op in parts if op.block is not None]).names
        text = (
            f"each writes its part of the result, one step by our own kernels: {' + '.join(names)}"
        )
        draft.say(RULE, nodes, text)


def _blocks(draft: Draft, operation: Operation) -> list[Operation]:
    """The blocks that a concatenation puts side by side; none if it is not one of blocks."""
    if operation.part != WHOLE or type(draft.kind(operation)).__name__ != "Concatenate":
        return []
    found = [draft.writer(p) for p in operation.reads]
    parts = [op for op in found if op is not None and op.block is not None and op.pools is None]
    return parts if len(parts) == len(found) else []


def _reason(draft: Draft, operation: Operation, parts: list[Operation]) -> str:
    kind, spec = draft.kind(operation), draft.node(operation).output
    if kind.axis not in (-1, spec.rank - 1):
        return "they are not put side by side along the channels"
    if kind.penalises or draft.observed(operation):
        return "someone looks at the concatenation"
    if any(draft.readers(op) != [operation] or op.writes[0] in draft.outputs for op in parts):
        return "others read a part, too"
    if len({op.reads for op in parts}) > 1 or len({op.name for op in parts}) < len(parts):
        return "they do not read the same map"
    return next((why for op in parts if op.block and (why := obstacle(op.block))), "")
