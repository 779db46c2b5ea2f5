"""Convolutions between maps of bfloat16 as blocks of our own kernels, for training."""

from __future__ import annotations

from striate.kernels.block import obstacle
from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.blocks import RULE, conv_obstacle, half_shape, join
from striate.plan.rules.products import is_convolution


def half_blocks(draft: Draft) -> None:
    """A 3x3 convolution of bfloat16 by Winograd's form, which multiplies in float32.

    Why the result is the same: input and result are the bfloat16 values that torch's kernel would
    read and write; in between this one rounds less, as its weights and products are float32. So it
    moves half of the bytes that maps of float32 are, and takes a quarter of the multiplications.
    """
    request = draft.request
    if not request.backward or draft.no_kernels():
        return
    found = [op for op in draft.operations if op.precision == "bfloat16" and op.block is None]
    reasons = [(op, _reason(draft, op)) for op in found if is_convolution(draft, op)]
    for operation, why in reasons:
        if not why:
            join(draft, operation, *half_shape(draft, operation))
    draft.refuse_each(RULE, reasons)


def _reason(draft: Draft, operation: Operation) -> str:
    return conv_obstacle(draft, operation) or obstacle(half_shape(draft, operation)[0])
