"""A layer of channels-last images applied to channels-first ones."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import register
from striate.layers.calls import Template, leaves
from striate.layers.wrapping import Wrapping
from striate.ops.layout import to_external, to_internal


@register()
class ChannelsFirst(Wrapping):
    """Applies a layer to images whose channels come before height and width.

    Arrays are channels last everywhere in striate. A model that was made for the other order, such
    as one of an old Keras file, keeps its order with this layer around each convolution, pooling
    and so on: what the layer sees, and what comes back, are the same values through other strides,
    and nothing is copied. In a new model one `Permute((2, 3, 1))` after the input is enough.

    Shapes: (N, C, H, W) -> (N, C', H', W'), where the layer takes (N, H, W, C); (N, C, L) and
        (N, C, D, H, W) likewise. What the layer makes flat, (N, C'), stays so.

    Args:
        layer: a layer of channels-last images, sequences or volumes.

    Raises:
        ArgumentError: `layer` is not a layer.
        ShapeError: fewer than 3 dimensions, or an input that does not fit the layer.

    Example:
        >>> from striate import Input, layers
        >>> layers.ChannelsFirst(layers.Conv2D(64, 3))(Input((3, 32, 24))).shape
        (None, 64, 30, 22)
    """

    kind: kinds.ChannelsFirst

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(kinds.ChannelsFirst, layer, {}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Any:
        # (N, C, H, W) as people see it is the internal order of (N, H, W, C)
        out = self.layer.compute(*(to_external(x) for x in inputs))
        made = [to_internal(o) for o in leaves(out)]
        return made[0] if len(made) == 1 else tuple(made)
