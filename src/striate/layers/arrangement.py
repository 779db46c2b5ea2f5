"""Layers that repeat, reorder or pass on values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import BuiltIn, ChannelsLast, register
from striate.layers.calls import Template
from striate.ops.layout import to_internal


@register()
class Identity(BuiltIn):
    """Returns its input: a place to hold a name, or to cut a model.

    Shapes: unchanged.

    Example:
        >>> from striate import Input, layers
        >>> layers.Identity(name="features")(Input((4, 4, 3))).shape
        (None, 4, 4, 3)
    """

    takes_whole_numbers = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kinds.Identity, {}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return inputs[0]

    compute_last = compute  # of each value: the order of the axes does not matter


@register()
class Permute(ChannelsLast):
    """Puts the dimensions of a sample in another order.

    Shapes: (N, d1, d2, ...) -> (N, d[dims[0]], d[dims[1]], ...).

    Args:
        dims: the old place of each new dimension, from 1; the batch stays first.

    Raises:
        ArgumentError: a number twice, missing or out of range.
        ShapeError: another number of dimensions than the input has.

    Example:
        >>> from striate import Input, layers
        >>> layers.Permute((2, 1))(Input((10, 64))).shape
        (None, 64, 10)
    """

    takes_whole_numbers = True

    kind: kinds.Permute

    def __init__(self, dims: Sequence[int], **kwargs: Any) -> None:
        super().__init__(kinds.Permute, {"dims": dims}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return x.permute(0, *self.kind.dims)


@register()
class RepeatVector(BuiltIn):
    """Repeats a vector as the steps of a sequence: from an encoder to a decoder.

    Shapes: (N, C) -> (N, n, C).

    Args:
        n: number of steps.

    Raises:
        ArgumentError: n below 1.
        ShapeError: not 2 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.RepeatVector(3)(Input((32,))).shape
        (None, 3, 32)
    """

    takes_whole_numbers = True

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(kinds.RepeatVector, {"n": n}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        return to_internal(inputs[0].unsqueeze(1).repeat(1, self.n, 1))
