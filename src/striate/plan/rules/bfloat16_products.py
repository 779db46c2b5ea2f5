"""Products in a half type where the machine multiplies it natively."""

from __future__ import annotations

from typing import Any

from striate.ops.precision import fast_half
from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.products import is_convolution, is_dense

RULE = "half precision"

# Below these, casts cost what the faster product saves: measured with forward and backward on two
# Zen 4 cores (`python -m benchmarks training` shows the nets they were chosen on).
CONVOLUTION_MACS = 200_000  # multiplications per sample
CONVOLUTION_VALUES = 10_000  # results per sample: half the bytes for all that follows pays, too
DENSE_WEIGHTS = 131_072


def bfloat16_products(draft: Draft) -> None:
    """Convolutions and matrix products in bfloat16 or float16; what sums up is float32.

    The result is not the same, it has 8 or 11 bits instead of 24: asked for by `precision`. Inputs
    and weights are rounded, products are summed in float32 inside the kernel, the result is rounded
    and stays half through pooling and activation to the next product. Weights, their gradients,
    the optimizer, losses, statistics, probabilities and outputs are float32.
    """
    request = draft.request
    if request.precision in ("float32", "tf32"):
        return
    automatic = request.precision == "auto"
    half, reason = fast_half(request.device) if automatic else (request.precision, "")
    found = [op for op in draft.operations if is_convolution(draft, op) or is_dense(draft, op)]
    if reason:
        draft.refuse(RULE, tuple(op.node for op in found), f"products stay float32: {reason}")
        return
    small = [op for op in found if automatic and _is_small(draft, op)]
    taken = [op for op in found if op not in small]
    for operation in taken:
        draft.update(operation, precision=half)
    if taken:
        draft.say(RULE, tuple(op.node for op in taken), f"products of {half}, summed in float32")
    if small:
        draft.refuse(
            RULE, tuple(op.node for op in small), "too small: casts would cost more than they save"
        )


def _is_small(draft: Draft, operation: Operation) -> bool:
    node = draft.node(operation)
    layer: Any = draft.layer(operation)
    weights = layer.kernel.numel()
    if is_dense(draft, operation):
        return bool(weights < DENSE_WEIGHTS)
    positions = 1
    for size in node.output.spatial:
        positions *= size or 1
    values = positions * layer.kind.filters
    return bool(weights * positions < CONVOLUTION_MACS and values < CONVOLUTION_VALUES)
