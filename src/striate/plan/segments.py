"""Segments: stretches of a plan whose values are computed again in the backward pass.

Kept between the passes are then only the values that enter a segment. While the gradients of one
segment are computed, and only then, its inner values are there too.
"""

from __future__ import annotations

from collections.abc import Sequence

from striate.graph import Port
from striate.graph.kinds import Nested
from striate.layers import BuiltIn
from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.plan import Part

RULE = "computed again"
FLOAT = 4  # bytes


def segments(draft: Draft, sizes: Sequence[int]) -> tuple[tuple[Part, ...], int]:
    """All operations, cut so that as little as possible is kept at a time, and how much that is.

    What is kept is the sum of what enters the segments and the inner values of the largest; the
    cut with the least of it is taken among those with 1, 2, 3, ... pieces of equal size. The best
    number is near the square root of the number of layers, as Chen et al. show for equal layers.
    Counted besides are the inputs, and four gradients of the largest value. The last segment is not
    computed again: its gradients are computed at once.

    Args:
        draft: after all rules.
        sizes: bytes per sample that each operation writes anew.

    References: Chen et al. (2016), https://arxiv.org/abs/1604.06174
    """
    operations = draft.operations
    total = sum(sizes)
    best: tuple[int, tuple[Part, ...]] | None = None
    for pieces in range(1, len(operations) + 1):
        parts = _cut(draft, sizes, total / pieces)
        found = _kept(draft, parts, sizes)
        if best is None or found < best[0]:
            best = found, parts
    return ((), 0) if best is None else (best[1], best[0])


def repeatable(draft: Draft, operation: Operation) -> bool:
    """Whether running it once more gives the same and leaves nothing behind.

    Layers of ours do: their random draws and statistics are put back. A user's code may count,
    hooks would be called twice, a penalty is noted on the layer; a model inside has segments of
    its own.
    """
    layer, kind = draft.layer(operation), draft.kind(operation)
    if draft.observed(operation) or kind.penalises or isinstance(kind, Nested):
        return False
    return isinstance(layer, BuiltIn)


def _cut(draft: Draft, sizes: Sequence[int], target: float) -> tuple[Part, ...]:
    parts: list[Part] = []
    start, inside, repeats = 0, 0, False
    for i, operation in enumerate(draft.operations):
        again = repeatable(draft, operation)
        # an operation that overwrites its input stays with the one that wrote it
        if i > start and not operation.in_place and (again != repeats or inside >= target):
            parts.append(Part(start, i, repeats))
            start, inside = i, 0
        if i == start:
            repeats = again
        repeats = repeats and again
        inside += sizes[i]
    last = Part(start, len(draft.operations), False)
    return (*parts, last) if draft.operations else ()


def entering(operations: Sequence[Operation], part: Part) -> tuple[Port, ...]:
    """The values that a part reads and does not write."""
    own = {p for op in operations[part.start : part.stop] for p in op.writes}
    reads = [p for op in operations[part.start : part.stop] for p in op.reads]
    return tuple(dict.fromkeys(p for p in reads if p not in own))


def leaving(
    operations: Sequence[Operation], part: Part, outputs: Sequence[Port]
) -> tuple[Port, ...]:
    """The values that a part writes and something after it reads."""
    later = {p for op in operations[part.stop :] for p in op.reads} | set(outputs)
    own = [p for op in operations[part.start : part.stop] for p in op.writes]
    return tuple(p for p in own if p in later)


def _kept(draft: Draft, parts: Sequence[Part], sizes: Sequence[int]) -> int:
    operations = draft.operations
    size = {p: sizes[i] for i, op in enumerate(operations) for p in op.writes}
    crossing = {p for part in parts for p in entering(operations, part)}
    inner = [sum(sizes[part.start : part.stop]) for part in parts]
    plain = sum(n for n, part in zip(inner[:-1], parts[:-1], strict=True) if not part.again)
    size |= {p: FLOAT * (draft.graph.spec(p).features or 0) for p in draft.graph.inputs}
    gradients = 4 * max(sizes, default=0)
    return sum(size.get(p, 0) for p in crossing) + plain + max(inner, default=0) + gradients
