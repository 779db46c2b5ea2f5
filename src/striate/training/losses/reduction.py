"""From one loss per sample to one number: Keras's reductions, weights and masks."""

from __future__ import annotations

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.conversion import align_ranks

REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none")
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


def known_reduction(reduction: str | None, where: str) -> str | None:
    """The reduction itself; "auto" of older Keras versions is "sum_over_batch_size".

    Raises:
        ArgumentError: the reduction is not in `REDUCTIONS` and not None.
    """
    if reduction == "auto":
        return "sum_over_batch_size"
    if reduction is not None and reduction not in REDUCTIONS:
        raise ArgumentError(
            message(
                where,
                "unknown reduction",
                got={"reduction": reduction},
                expected="one of " + ", ".join(map(repr, REDUCTIONS)) + " or None",
            )
        )
    return reduction


def reduce_weighted(
    values: torch.Tensor,
    sample_weight: torch.Tensor | None = None,
    reduction: str | None = "sum_over_batch_size",
    mask: torch.Tensor | None = None,
) -> torch.Tensor:
    """Weighs the losses and reduces them.

    With losses v_i, weights w_i (1 if none) and n losses in all::

        "sum_over_batch_size", "mean"   sum(w_i v_i) / n
        "mean_with_sample_weight"       sum(w_i v_i) / sum(w_i)
        "sum"                           sum(w_i v_i)
        "none", None                    w_i v_i

    A mask takes its losses out of the sum and out of n. No division is by zero: the result is 0.

    Shapes: values (N, ...); weights of the same rank broadcast; (N,) or (N, 1) count per sample.
    Where the rank of the weights is smaller, they are aligned with the FIRST axes (Keras aligns
    them with the last ones, which fails or weighs the wrong axis, unless the ranks differ by a 1).
    """
    if mask is not None:
        sample_weight = weight_of_mask(mask, sample_weight, values.dtype, reduction)
    if sample_weight is not None:
        values, sample_weight = align_ranks(values, sample_weight.to(values.dtype))
        values = values * with_trailing_axes(sample_weight, values)
    if reduction is None or reduction == "none":
        return values
    if reduction == "sum":
        return values.sum()
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        return divide_or_zero(values.sum(), sample_weight.sum())
    return values.mean() if values.numel() else values.sum()


def with_trailing_axes(weight: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """(N,) against (N, H, W) -> (N, 1, 1); unchanged where the first axes do not fit."""
    missing = values.ndim - weight.ndim
    if missing <= 0 or weight.ndim == 0:
        return weight
    fits = all(w in (1, v) for w, v in zip(weight.shape, values.shape, strict=False))
    return weight.reshape(*weight.shape, *(1,) * missing) if fits else weight


def divide_or_zero(dividend: torch.Tensor, divisor: torch.Tensor) -> torch.Tensor:
    """dividend / divisor, and 0 (with a finite gradient) where the divisor is 0."""
    zero = divisor == 0
    quotient = dividend / torch.where(zero, torch.ones_like(divisor), divisor)
    return torch.where(zero, torch.zeros_like(quotient), quotient)


def weight_of_mask(
    mask: torch.Tensor,
    sample_weight: torch.Tensor | None,
    dtype: torch.dtype,
    reduction: str | None,
) -> torch.Tensor:
    """The mask as weights; scaled by total/valid where the mean counts the losses, not weights."""
    weight = mask.to(dtype)
    if reduction in ("sum_over_batch_size", "mean"):
        weight = weight * (mask.numel() / weight.sum().clamp(min=1))
    if sample_weight is None:
        return weight
    weight, sample_weight = align_ranks(weight, sample_weight.to(dtype))
    return weight * with_trailing_axes(sample_weight, weight)
