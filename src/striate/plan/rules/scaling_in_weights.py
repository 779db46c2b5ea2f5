"""Rescaling goes into the weights of the convolution after it, for inference."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.rules.folded_constants import affine_of
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
        numbers = affine_of(draft, operation)
        if numbers is None:
            continue
        scale, shift = numbers
        after = draft.next_alone(operation)
        if after is None or not is_convolution(draft, after) or draft.observed(operation):
            continue
        nodes = (*operation.nodes, *after.nodes)
        if any(shift if isinstance(shift, tuple) else (shift,)):
            draft.refuse(RULE, nodes, "with an offset, rounding would have no bound")
        elif isinstance(scale, tuple) and draft.kind(after).groups > 1:
            draft.refuse(RULE, nodes, "each group of channels would need factors of its own")
        else:
            draft.remove(operation)
            draft.update(after, scaled_by=operation.node, factor=scale, nodes=nodes)
            draft.say(RULE, nodes, "the factor is part of the kernel, to 1e-6")
