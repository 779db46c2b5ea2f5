"""Layers that move values without changing them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import check_data_format
from striate.layers.builtin import ChannelsLast, register


@register()
class Flatten(ChannelsLast):
    """Lays all values of a sample in a row: the bridge from maps to `Dense`.

    Shapes: (N, H, W, C) -> (N, H W C), rows first, channels fastest, as in Keras.

    Args:
        data_format: "channels_last", striate's only order.

    Example:
        >>> from striate import Input, layers
        >>> layers.Flatten()(Input((3, 3, 64))).shape
        (None, 576)
    """

    takes_whole_numbers = True

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        check_data_format(type(self).__name__, data_format)
        super().__init__(kinds.Flatten, {}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return x.reshape(x.shape[0], -1)


@register()
class Reshape(ChannelsLast):
    """The same values of a sample in another shape.

    Shapes: (N, ...) -> (N, ...target_shape).

    Args:
        target_shape: the new shape without the batch; one -1 is worked out.

    Raises:
        ArgumentError: more than one -1, or sizes below 1.
        ShapeError: the values do not fill the target shape.

    Example:
        >>> from striate import Input, layers
        >>> layers.Reshape((7, 7, -1))(Input((98,))).shape
        (None, 7, 7, 2)
    """

    takes_whole_numbers = True

    kind: kinds.Reshape

    def __init__(self, target_shape: Sequence[int], **kwargs: Any) -> None:
        super().__init__(kinds.Reshape, {"target_shape": target_shape}, **kwargs)

    def compute_last(self, x: Tensor, /) -> Tensor:
        return x.reshape(x.shape[0], *self.kind.target_shape)
