"""Layers that join branches."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.layout import internal_axis, to_external, to_internal


@register()
class Add(BuiltIn):
    """Adds its inputs element by element: the joint of a residual block.

    Shapes: several of one shape -> that shape; sizes of 1 are repeated.

    Raises:
        ShapeError: fewer than two inputs, or shapes that differ.

    Example:
        >>> from striate import Input, layers
        >>> x = Input((8, 8, 16))
        >>> layers.Add()([x, layers.Conv2D(16, 3, padding="same")(x)]).shape
        (None, 8, 8, 16)

    References: He et al. (2015), https://arxiv.org/abs/1512.03385
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Add, {}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return functools.reduce(torch.add, same_rank(inputs))


@register()
class Concatenate(BuiltIn):
    """Lays its inputs behind one another along an axis: the joint of an inception block.

    Shapes: (N, H, W, C1), (N, H, W, C2), ... -> (N, H, W, C1 + C2 + ...) for axis -1.

    Args:
        axis: the axis to join on; -1 is the channels.

    Raises:
        ShapeError: fewer than two inputs, or another axis differs.

    Example:
        >>> from striate import Input, layers
        >>> layers.Concatenate()([Input((8, 8, 16)), Input((8, 8, 4))]).shape
        (None, 8, 8, 20)
    """

    takes_whole_numbers = True

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(kinds.Concatenate, {"axis": axis}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return torch.cat(inputs, dim=internal_axis(self.axis, inputs[0].dim()))


def same_rank(inputs: tuple[Tensor, ...]) -> list[Tensor]:
    """Inputs of fewer dimensions get axes of size 1 behind the batch, as in Keras."""
    rank = max(x.dim() for x in inputs)
    if all(x.dim() == rank for x in inputs):
        return list(inputs)
    lifted = []
    for x in map(to_external, inputs):
        lead = rank - x.dim()
        lifted.append(to_internal(x.reshape(x.shape[0], *(1,) * lead, *x.shape[1:])))
    return lifted
