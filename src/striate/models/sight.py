"""effective_receptive_field: how much each input value counts for a unit, from gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from striate.analysis import receptive_field

SHARE = 0.0455  # of the largest: two standard deviations of a bell


@dataclass(frozen=True, eq=False)
class EffectiveField:
    """What `Model.effective_receptive_field` returns.

    Args:
        layer: the layer.
        unit: its row and column.
        weights: mean size of the gradient at each pixel of the input, the largest is 1.
        size: root of the number of pixels with at least 4.55 % of the largest.
    """

    layer: str
    unit: tuple[int, ...]
    weights: np.ndarray[Any, np.dtype[np.float64]]
    size: float


def effective_receptive_field(
    model: Any, layer: str, unit: tuple[int, ...], samples: int = 16, seed: int = 0
) -> EffectiveField:
    """The gradient of a unit at every pixel of random images, averaged.

    The theoretical field says which pixels can count; towards its border few ways lead to the
    unit, so that those pixels hardly do.

    Args:
        model: a model with one input.
        layer: the layer.
        unit: its row and column; () for the middle.
        samples: images of independent normal values.
        seed: of the images.

    Raises:
        UnknownNameError: no such layer.
        ArgumentError: no such unit.

    References: Luo, Li, Urtasun, Zemel (2016), https://arxiv.org/abs/1701.04128
    """
    from striate.models.model import Model

    fields = receptive_field(model.graph)
    fields[layer]
    spec = model.graph[layer].output
    unit = unit or tuple((n or 1) // 2 for n in spec.shape[1:-1])
    fields.box(layer, *unit)
    part = Model(model.inputs, model.symbols()[layer][0])
    place = next((p.device for p in model.parameters()), torch.device("cpu"))
    draw = torch.Generator().manual_seed(seed)
    shape = [n or 1 for n in model.graph.input_specs[0].shape[1:]]
    x = torch.randn(samples, *shape, generator=draw).to(place).requires_grad_()
    with model.mode(False):
        out = part(x, training=False)
    (gradient,) = torch.autograd.grad(out[(slice(None), *unit)].sum(), x)
    mean = gradient.abs().mean((0, -1)).double().cpu().numpy()
    weights = mean / max(float(mean.max()), 1e-300)
    return EffectiveField(layer, unit, weights, math.sqrt(int((weights >= SHARE).sum())))
