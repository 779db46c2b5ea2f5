"""Padding layers are merged, and become the padding of a convolution."""

from __future__ import annotations

from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.products import is_convolution

RULE = "padding"


def merged_padding(draft: Draft) -> None:
    """ZeroPadding2D, several in a row, then a "valid" convolution: one convolution that pads.

    Why the result is the same: zeros around zeros around an image are the image with the sum of
    the zeros around it; and a convolution that takes values outside its input as zeros sees what
    it would see in the padded copy. The gradient of the zeros is thrown away in both. Kernels pad
    both sides alike, so uneven padding stays a copy of its own.
    """
    for operation in draft.each():
        if not _pads(draft, operation):
            continue
        total = _amounts(draft, operation)
        while (after := draft.next_alone(operation)) is not None and _pads(draft, after):
            merged = (*operation.nodes, *after.nodes)
            more = _amounts(draft, after)
            total = tuple((a + c, b + d) for (a, b), (c, d) in zip(total, more, strict=True))
            draft.remove(operation)
            operation = draft.update(after, nodes=merged)
            draft.say(RULE, merged, "one border instead of several")
        if len(operation.nodes) > 1:
            operation = draft.update(operation, padding=total)
        _into_convolution(draft, operation, total)


def _into_convolution(
    draft: Draft, operation: Operation, total: tuple[tuple[int, int], ...]
) -> None:
    after = draft.next_alone(operation)
    if after is None or not is_convolution(draft, after):
        return
    nodes = (*operation.nodes, *after.nodes)
    if draft.kind(after).padding != "valid":
        draft.refuse(RULE, nodes, "the convolution pads by a rule of its own")
    elif any(before != behind for before, behind in total):
        draft.refuse(RULE, nodes, "kernels pad both sides alike, this border is uneven")
    else:
        draft.remove(operation)
        draft.update(after, padding=total, nodes=nodes)
        draft.say(RULE, nodes, "the convolution takes the zeros as its own, without a padded copy")


def _pads(draft: Draft, operation: Operation) -> bool:
    name = type(draft.kind(operation)).__name__
    return name == "ZeroPadding2D" and not draft.observed(operation)


def _amounts(draft: Draft, operation: Operation) -> tuple[tuple[int, int], ...]:
    own: tuple[tuple[int, int], ...] = draft.kind(operation).padding
    return own if operation.padding is None else operation.padding
