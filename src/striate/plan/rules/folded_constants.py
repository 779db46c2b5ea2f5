"""Factors and offsets that follow each other are folded into one of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.graph.kinds.operation import INPUT, NUMBER
from striate.plan.draft import Draft
from striate.plan.operation import Operation

RULE = "constants"
Numbers = float | tuple[float, ...]
Affine = tuple[Numbers, Numbers]


def folded_constants(draft: Draft) -> None:
    """Rescaling, x * 2, x - 1, x / 255, one after the other: one factor and one offset.

    Why the result is the same: (x a + b) c + d = x (a c) + (b c + d), and the numbers in brackets
    are known: they are computed once, in float64. Instead of a rounding per step there are two, so
    the result agrees to the rounding of float32, and is not worse. The gradient is a c in both.
    """
    for operation in draft.each():
        first = affine_of(draft, operation)
        while first is not None:
            after = draft.next_alone(operation)
            second = None if after is None else affine_of(draft, after)
            if after is None or second is None:
                break
            first = joined(first, second)
            nodes = (*operation.nodes, *after.nodes)
            draft.remove(operation)
            operation = draft.update(after, affine=first, nodes=nodes)
            draft.say(RULE, nodes, "one factor and one offset instead of several")


def affine_of(draft: Draft, operation: Operation) -> Affine | None:
    """Factor and offset, if that is all an operation does to floating-point values."""
    if operation.affine is not None:
        return operation.affine
    if draft.observed(operation):
        return None
    kind, node = draft.kind(operation), draft.node(operation)
    if type(kind).__name__ == "Rescaling":
        return kind.scale, kind.offset
    if type(kind).__name__ != "Operation" or "float" not in node.output.dtype:
        return None
    if "float" not in draft.graph.spec(node.inputs[0]).dtype:
        return None
    return _of_operator(kind.operation, kind.operands)


def _of_operator(name: str, operands: tuple[tuple[Any, ...], ...]) -> Affine | None:
    if name == "negative":
        return -1.0, 0.0
    if len(operands) != 2 or {o[0] for o in operands} != {INPUT, NUMBER}:
        return None
    first = operands[0][0] == INPUT
    number = float(operands[1][1] if first else operands[0][1])
    if name == "add":
        return 1.0, number
    if name == "subtract":
        return (1.0, -number) if first else (-1.0, number)
    if name == "multiply":
        return number, 0.0
    if name == "divide" and first and number:
        return 1.0 / number, 0.0
    return None


def joined(first: Affine, second: Affine) -> Affine:
    """The one after the other, as one.

    Example:
        >>> joined((2.0, 1.0), ((10.0, 20.0), 5.0))
        ((20.0, 40.0), (15.0, 25.0))
    """
    (a, b), (c, d) = ([np.asarray(v, np.float64) for v in pair] for pair in (first, second))
    return _plain(a * c), _plain(b * c + d)


def _plain(value: Any) -> Numbers:
    return tuple(value.tolist()) if np.ndim(value) else float(value)
