"""Normalisations as modules of `torch.nn`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from striate.formats.torch_module.builder import Builder, Value, copy_weights
from striate.graph import Node, Spec

BATCH = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
MOMENTUM_DIGITS = 12  # 1 - 0.99 is 0.010000000000000009


def batch(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """BatchNormalization over the channels; in training, torch's moving variance is unbiased."""
    k: Any = node.kind
    rank = len(specs[0].shape)
    if rank not in BATCH or k.axis not in (-1, rank - 1):
        return None
    own: dict[str, Any] = {"eps": k.epsilon, "momentum": round(1 - k.momentum, MOMENTUM_DIGITS)}
    if not (k.scale or k.center):
        own["affine"] = False
    name, module = b.module(node.name, BATCH[rank], specs[0].shape[-1], **own)
    copy_weights(module, {"running_mean": layer.moving_mean, "running_var": layer.moving_variance})
    if k.scale or k.center:
        copy_weights(module, _affine(layer))
    return b.run(name, inputs[0])


def by_layer(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """LayerNormalization over the channels."""
    k: Any = node.kind
    rank = len(specs[0].shape)
    axes = (k.axis,) if isinstance(k.axis, int) else tuple(k.axis)
    if axes not in ((-1,), (rank - 1,)) or k.rms_scaling:
        return None
    own: dict[str, Any] = {"eps": k.epsilon}
    if not (k.scale or k.center):
        own["elementwise_affine"] = False
    name, module = b.module(node.name, nn.LayerNorm, specs[0].shape[-1], **own)
    if k.scale or k.center:
        copy_weights(module, _affine(layer))
    return b.last_axis_first(b.run(name, b.first_axis_last(inputs[0], rank)), rank)


def by_group(
    b: Builder, node: Node, layer: Any, inputs: Sequence[Value], specs: Sequence[Spec]
) -> Value | None:
    """GroupNormalization, and InstanceNormalization as as many groups as channels."""
    k: Any = node.kind
    rank = len(specs[0].shape)
    channels = specs[0].shape[-1]
    if k.axis not in (-1, rank - 1):
        return None
    groups = getattr(k, "groups", channels)
    groups = channels if groups == -1 else groups
    own: dict[str, Any] = {"eps": k.epsilon}
    if not (k.scale or k.center):
        own["affine"] = False
    name, module = b.module(node.name, nn.GroupNorm, groups, channels, **own)
    if k.scale or k.center:
        copy_weights(module, _affine(layer))
    return b.run(name, inputs[0])


def _affine(layer: Any) -> dict[str, torch.Tensor | None]:
    gamma, beta = layer.affine()
    return {"weight": gamma, "bias": beta}
