"""Moving averages of the weights (EMA), kept in the state slot `average`."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from striate.errors import ArgumentError, message
from striate.training.optimizers.buckets import Bucket

SLOT = "average"


def update(buckets: Iterable[Bucket], momentum: float) -> None:
    """average <- momentum * average + (1 - momentum) * weight"""
    for bucket in buckets:
        torch._foreach_lerp_(bucket[SLOT], bucket.params, 1.0 - momentum)


def overwrite(buckets: Iterable[Bucket]) -> None:
    """weight <- average"""
    for bucket in buckets:
        torch._foreach_copy_(bucket.params, bucket[SLOT])


def swap(buckets: Iterable[Bucket]) -> None:
    """weight <-> average"""
    for bucket in buckets:
        weights = [p.clone() for p in bucket.params]
        torch._foreach_copy_(bucket.params, bucket[SLOT])
        torch._foreach_copy_(bucket[SLOT], weights)


def check_kept(where: str, use_ema: bool) -> None:
    """Raises an ArgumentError if the optimizer keeps no averages."""
    if not use_ema:
        fix = f"Use {where}(..., use_ema=True)"
        raise ArgumentError(message(where, "no averages of the weights are kept", fix=fix))


def check_not_swapped(where: str, swapped: bool) -> None:
    """Raises an ArgumentError if the weights are their averages, which no step may change."""
    if swapped:
        fix = "Call optimizer.swap_ema() again, or leave the `with` block"
        raise ArgumentError(message(where, "the weights are their averages now", fix=fix))
