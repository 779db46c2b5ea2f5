"""Images that come as bytes are converted and scaled in one pass."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.operation import Operation

RULE = "bytes"


def bytes_scaled_at_once(draft: Draft) -> None:
    """An input that only Rescaling reads keeps its whole numbers until there.

    Why the result is the same: a whole number of 8 or 16 bits is exact in float32, so converting
    it on the way through the multiplication gives the factor the same number as converting first.
    Nothing changes for inputs that are floating point.
    """
    for port in draft.graph.inputs:
        if port in draft.outputs:
            continue
        readers = [op for op in draft.operations if port in op.reads]
        scaled = [op for op in readers if _scales(draft, op)]
        if readers and len(scaled) == len(readers) and not any(map(draft.observed, readers)):
            draft.raw_inputs.add(port.node)
            nodes = tuple(op.node for op in readers)
            draft.say(RULE, nodes, "bytes are converted and scaled in one pass, if bytes come in")


def _scales(draft: Draft, operation: Operation) -> bool:
    """Rescaling, or constants folded into what works as it: operators keep whole numbers whole."""
    return operation.affine is not None or type(draft.kind(operation)).__name__ == "Rescaling"
