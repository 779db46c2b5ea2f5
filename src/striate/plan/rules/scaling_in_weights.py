"""Rescaling goes into the weights of the convolution after it, for inference."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.rules.products import is_convolution

RULE = "scaling in weights"


def scaling_in_weights(draft: Draft) -> None:
    """Rescaling by a factor, then a convolution: one convolution with other weights.

    Why the result is the same: sum of (s x) k = sum of x (s k), and zeros around the image stay
    zeros. Each product is rounded once more or once less: the results agree to 1e-6 of the sum of
    the products' sizes. Refused with an offset: x s + o would become the difference of two larger
    numbers, whose rounding grows with o / (x s + o), without a bound.
    """
    if draft.request.backward:
        return
    for operation in draft.each():
        if type(draft.kind(operation)).__name__ != "Rescaling":
            continue
        after = draft.next_alone(operation)
        if after is None or not is_convolution(draft, after) or draft.observed(operation):
            continue
        nodes = (*operation.nodes, *after.nodes)
        kind = draft.kind(operation)
        offset = kind.offset if isinstance(kind.offset, tuple) else (kind.offset,)
        if any(offset):
            draft.refuse(RULE, nodes, "with an offset, rounding would have no bound")
        elif isinstance(kind.scale, tuple) and draft.kind(after).groups > 1:
            draft.refuse(RULE, nodes, "each group of channels would need factors of its own")
        else:
            draft.remove(operation)
            draft.update(after, scaled_by=operation.node, nodes=nodes)
            draft.say(RULE, nodes, "the factor is part of the kernel, to 1e-6")
