"""Counting a network of the zoo from its graph; no weight is made for it."""

from __future__ import annotations

from striate import analysis
from striate.zoo.architecture import Architecture


def count(architecture: Architecture) -> tuple[int, int, tuple[int, int] | None]:
    """Values in all weights, multiply-accumulates, and what a unit of the last map sees.

    The last is height and width in pixels of the input; None where a unit sees everything.

    Example:
        >>> from striate import zoo
        >>> count(zoo.lenet5_modern)
        (61706, 416520, (16, 16))
    """
    whole = architecture().graph
    body = architecture(include_top=False, input_shape=architecture.input_shape).graph
    last = body.outputs[0].node
    seen = next(row for row in analysis.receptive_field(body).layers if row.name == last).size
    height, width = seen
    side = None if height is None or width is None else (height, width)
    return whole.num_parameters, analysis.cost(whole).macs, side
