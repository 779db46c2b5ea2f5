"""Convolution, max-pooling and activation as one block of our own kernels, for training."""

from __future__ import annotations

from striate.kernels.block import dense_fits, obstacle
from striate.ops.precision import fast_half
from striate.plan.chains import begins, is_flatten
from striate.plan.draft import Draft
from striate.plan.operation import Operation
from striate.plan.rules.blocks import RULE, conv_obstacle, half_shape, join, with_followers
from striate.plan.rules.native_pooling import join_windowed, windowed
from striate.plan.rules.products import is_convolution, is_dense, is_small, weights_times_positions

# Of all multiplications but those of small products: from which share on blocks in float32 are
# sooner than bfloat16 everywhere. They take 0.45 of the time of torch's float32, bfloat16 takes
# 0.58 (`python -m benchmarks training`).
LEAST_SHARE = 0.75


def native_blocks(draft: Draft) -> None:
    """A convolution, 2x2 max-pooling and a rectifier in one pass, with a backward pass of its own.

    Why the result is the same: the kernel adds up the same products and takes the largest of the
    same four sums. It may add them up in another order, so they agree to the rounding of float32:
    about 1e-6 of the largest value, or 1e-5 where the Winograd form is used, which multiplies sums
    of inputs by sums of weights and takes the results apart again. Which of four values won is
    noted in a byte, 4 if ReLU made it 0: so the backward pass knows where a gradient goes to
    without keeping the map before pooling. Between values that are equal the first one wins, as
    in torch. Derivatives of the activations follow from their results. Second derivatives are
    those of the plain form (`plan.blocks`).
    """
    request = draft.request
    found = [op for op in draft.operations if is_convolution(draft, op)]
    if not request.backward or not found:
        return
    reason = draft.no_kernels()
    if request.precision == "bfloat16" and not reason:
        return  # `half_blocks` has its turn
    if request.precision == "float16":
        reason = reason or "our own kernels know bfloat16 and float32"
    if reason:
        draft.refuse(RULE, tuple(op.node for op in found), reason)
        return
    reasons = {op.name: _reason(draft, op) for op in found}
    joined = [op for op in found if not reasons[op.name]]
    if joined and _half_is_sooner(draft, joined):
        return
    for operation in joined:
        _join(draft, operation)
    if not request.again:
        for operation in draft.each():
            if _is_dense_behind_block(draft, operation):
                _join(draft, operation)
    draft.refuse_each(RULE, [(op, reasons[op.name]) for op in found])


def _reason(draft: Draft, operation: Operation) -> str:
    reason = conv_obstacle(draft, operation)
    if not reason and windowed(draft, operation):
        return ""
    return reason or obstacle(with_followers(draft, operation)[0])


def _is_dense_behind_block(draft: Draft, operation: Operation) -> bool:
    """Whether it is a dense product that can be in one call with the blocks before it.

    A block alone is one of maps: dense products with none before them are left to torch.
    """
    if not is_dense(draft, operation) or draft.observed(operation):
        return False
    if draft.node(operation).output.rank != 2:
        return False
    after, before = operation, draft.writer(operation.reads[0])
    if before is not None and is_flatten(draft, before) and draft.alone(before, after):
        after, before = before, draft.writer(before.reads[0])
    if before is None or before.block is None or not draft.alone(before, after):
        return False
    return begins(draft, before) and dense_fits(with_followers(draft, operation)[0])


def _half_is_sooner(draft: Draft, joined: list[Operation]) -> bool:
    """Whether, where one may choose, all products in a half type are: both would mean casts.

    They are where our blocks of float32 do too little of the work, or where those that
    `half_blocks` has do most of it.
    """
    request = draft.request
    if request.precision != "auto" or fast_half(request.device)[1]:
        return False
    every = [op for op in draft.operations if is_convolution(draft, op) or is_dense(draft, op)]
    others = [op for op in every if op not in joined and not is_small(draft, op)]
    normalised = [op for op in joined if _is_normalised(draft, op)]
    left, ours, half = (
        sum(weights_times_positions(draft, op) for op in ops)
        for ops in (others, joined, normalised)
    )
    least = LEAST_SHARE * (ours + left)
    return ours < least or half >= least


def _is_normalised(draft: Draft, operation: Operation) -> bool:
    """Whether a block can be between maps of bfloat16 and a batch normalisation is behind it.

    Then maps are read and written more often than multiplied, and what counts is their bytes: of
    ResNet-20 and ResNet-18 a step takes 0.8 of the time of one with maps of float32. Poolings and
    activations our blocks of float32 do inside.
    """
    after = draft.next_alone(operation)
    normalised = after is not None and type(draft.kind(after)).__name__ == "BatchNormalization"
    return normalised and not obstacle(half_shape(draft, operation)[0])


def _join(draft: Draft, operation: Operation) -> None:
    """Makes a block of a convolution with what follows it."""
    found = windowed(draft, operation)
    if found is not None:
        nodes = join_windowed(draft, operation, *found)
        text = "one step by our own kernels: direct + window pool"
        draft.say(RULE, nodes, text)
        return
    join(draft, operation, *with_followers(draft, operation))
