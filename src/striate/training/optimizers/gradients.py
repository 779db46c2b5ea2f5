"""Scaling and clipping of gradients: on the device, without waiting for it.

New tensors are made; `p.grad` stays as the backward pass left it.
"""

from __future__ import annotations

import torch

from striate.training.optimizers.accumulation import Gathered

Tensors = list[torch.Tensor]


def clip_each_by_norm(grads: Tensors, limit: float) -> Tensors:
    """Each gradient times `limit / max(norm, limit)`, as `clipnorm` asks."""
    norms = torch.stack(torch._foreach_norm(grads))
    return list(torch._foreach_mul(grads, list((limit / norms.clamp_min(limit)).unbind())))


def clip_by_value(grads: Tensors, limit: float) -> Tensors:
    """Each element brought into [-limit, limit], as `clipvalue` asks."""
    clipped = torch._foreach_clamp_min(grads, -limit)
    torch._foreach_clamp_max_(clipped, limit)
    return list(clipped)


def clip_by_global_norm(buckets: list[Tensors], limit: float) -> list[Tensors]:
    """All gradients times `limit / max(norm, limit)` of their common norm (`global_clipnorm`).

    An infinite or undefined norm makes every gradient NaN, as in Keras: the fault must not be
    hidden by an update of zero.
    """
    device = buckets[0][0].device
    wide = any(grads[0].dtype == torch.float64 for grads in buckets)
    dtype = torch.float64 if wide else torch.float32
    norms = [norm.to(device, dtype) for grads in buckets for norm in torch._foreach_norm(grads)]
    total = torch.stack(norms).norm()
    scale = limit / total.clamp_min(limit) + (total - total)
    return [
        list(torch._foreach_mul(grads, scale.to(grads[0].device, grads[0].dtype)))
        for grads in buckets
    ]


def clipped(
    gathered: Gathered,
    clipnorm: float | None,
    global_clipnorm: float | None,
    clipvalue: float | None,
) -> Gathered:
    """The gradients clipped in the one way that is on, if any."""
    if clipnorm:
        return [(bucket, clip_each_by_norm(grads, clipnorm)) for bucket, grads in gathered]
    if global_clipnorm:
        scaled = clip_by_global_norm([grads for _, grads in gathered], global_clipnorm)
        return [(bucket, grads) for (bucket, _), grads in zip(gathered, scaled, strict=True)]
    if clipvalue:
        return [(bucket, clip_by_value(grads, clipvalue)) for bucket, grads in gathered]
    return gathered


def unscaled(gathered: Gathered, factor: float) -> Gathered:
    """The gradients divided by the factor that the loss was multiplied by."""
    return [(bucket, list(torch._foreach_div(grads, factor))) for bucket, grads in gathered]
