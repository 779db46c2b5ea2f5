"""What several rules ask about products."""

from __future__ import annotations

from typing import Any

from striate.layers import Dense
from striate.layers.convolution import Conv
from striate.plan.draft import Draft
from striate.plan.operation import PRODUCT, Operation

# Below these, casts cost what the faster product saves: measured with forward and backward on two
# Zen 4 cores (`python -m benchmarks training` shows the nets they were chosen on).
CONVOLUTION_MACS = 500_000  # multiplications per sample
CONVOLUTION_VALUES = 10_000  # results per sample: half the bytes for all that follows pays, too
DENSE_WEIGHTS = 131_072


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


def is_small(draft: Draft, operation: Operation) -> bool:
    """Whether casts to a half type would cost what the faster product saves."""
    node = draft.node(operation)
    layer: Any = draft.layer(operation)
    if is_dense(draft, operation):
        return bool(layer.kernel.numel() < DENSE_WEIGHTS)
    values = node.output.features or 0
    macs = weights_times_positions(draft, operation)
    return bool(macs < CONVOLUTION_MACS and values < CONVOLUTION_VALUES)
