"""What several rules ask about products."""

from __future__ import annotations

from typing import Any

from striate.layers import Dense
from striate.layers.convolution import Conv
from striate.plan.draft import Draft
from striate.plan.operation import PRODUCT, Operation


def is_convolution(draft: Draft, operation: Operation) -> bool:
    """A convolution whose weights and padding a plan may replace."""
    layer = type(draft.layer(operation))
    ours = getattr(layer, "before_activation", None) is Conv.before_activation
    return operation.part == PRODUCT and ours


def weights_times_positions(draft: Draft, operation: Operation) -> int:
    """Multiplications of a product, per sample."""
    layer: Any = draft.layer(operation)
    positions = 1
    for size in draft.node(operation).output.spatial:
        positions *= size or 1
    return int(layer.kernel.numel()) * positions


def is_dense(draft: Draft, operation: Operation) -> bool:
    """A matrix product whose weights a plan may replace."""
    layer = type(draft.layer(operation))
    ours = getattr(layer, "before_activation", None) is Dense.before_activation
    return operation.part == PRODUCT and ours
