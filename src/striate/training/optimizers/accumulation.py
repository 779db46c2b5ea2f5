"""The mean of the gradients of several steps, kept in the state slot `accumulated_gradient`."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from striate.training.optimizers.buckets import Bucket

SLOT = "accumulated_gradient"

# Buckets with the gradients of their parameters.
Gathered = list[tuple[Bucket, list[torch.Tensor]]]


def accumulate(gathered: Gathered, buckets: Iterable[Bucket], step: int, every: int) -> Gathered:
    """Nothing, or at each `every`-th step the mean of the gradients since the last mean.

    As in Keras, the mean is of the parameters that have a gradient in the last of these steps; all
    sums then start again from zero.
    """
    if (step + 1) % every:
        for bucket, grads in gathered:
            torch._foreach_add_(bucket[SLOT], grads)
        return []
    means: Gathered = []
    for bucket, grads in gathered:
        mean = torch._foreach_add(bucket[SLOT], grads)
        torch._foreach_div_(mean, float(every))
        means.append((bucket, list(mean)))
    for bucket in buckets:
        torch._foreach_zero_(bucket[SLOT])
    return means
