"""Moving averages of the weights (EMA), kept in the state slot `average`."""

from __future__ import annotations

from collections.abc import Iterable

import torch

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
