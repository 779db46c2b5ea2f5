"""Layers that prepare images inside the model, so that they travel with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.ops.layout import to_external, to_internal


@register()
class Rescaling(BuiltIn):
    """x scale + offset: Rescaling(1 / 255) brings bytes to [0, 1].

    Shapes: unchanged; whole numbers become float32.

    Args:
        scale: factor, one or one per channel.
        offset: what is added, one or one per channel.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Rescaling(1 / 127.5, offset=-1)(np.array([[0, 255]], dtype="uint8")).tolist()
        [[-1.0, 1.0]]
    """

    kind: kinds.Rescaling

    def __init__(
        self,
        scale: float | Sequence[float],
        offset: float | Sequence[float] = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Rescaling, {"scale": scale, "offset": offset}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        scale, offset = self.kind.scale, self.kind.offset
        if isinstance(scale, tuple) or isinstance(offset, tuple):
            last = to_external(x)
            return to_internal(last * last.new_tensor(scale) + last.new_tensor(offset))
        return x * scale if offset == 0.0 else x * scale + offset
