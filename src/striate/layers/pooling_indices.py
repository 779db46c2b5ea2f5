"""Pooling that remembers where its values stood, and the layer that puts them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate import errors
from striate.graph import kinds
from striate.graph.spec import Spec
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.pooling import Pooling
from striate.ops import pooling


@register()
class MaxPoolingWithArgmax2D(Pooling):
    """Keeps the largest value of each window, and where in its channel's map it stood.

    The encoder's half of SegNet: `MaxUnpooling2D` puts values back at these places.

    Shapes: (N, H, W, C) -> values (N, H', W', C) and places (N, H', W', C), int64: row W + column;
        sizes as for `MaxPooling2D`.

    Args:
        pool_size: height and width of the window; one number for both.
        strides: steps between windows; None means pool_size.
        padding: "valid" or "same".
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not 4 dimensions, or a window larger than its input.

    Example:
        >>> from striate import Input, layers
        >>> values, places = layers.MaxPoolingWithArgmax2D()(Input((8, 8, 3)))
        >>> values.shape, places.dtype
        ((None, 4, 4, 3), 'int64')

    References: Badrinarayanan et al. (2015), "SegNet", https://arxiv.org/abs/1511.00561
    """

    kind_class = kinds.MaxPoolingWithArgmax2D

    def compute(self, *inputs: Tensor, template: Template | None = None) -> tuple[Tensor, Tensor]:
        return pooling.max_pool_with_argmax(inputs[0], *self.window())


@register()
class MaxUnpooling2D(Pooling):
    """Puts values back where `MaxPoolingWithArgmax2D` found them, with zeros in between.

    Called on [values, places], or on [values, places, like] to take its size from a map, such as
    the pooling's own input. Places count in rows of the pooled map: unless pooling left nothing
    over, say its size with `output_size` or `like`.

    Shapes: twice (N, h, w, C) -> (N, H, W, C). H = output_size or that of `like`; without them
        (h - 1) s + p for "valid", h s for "same".

    Args:
        pool_size: of the pooling.
        strides: of the pooling; None means pool_size.
        padding: of the pooling.
        data_format: "channels_last", striate's only order.
        output_size: height and width of the result.

    Raises:
        ArgumentError: a size or stride below 1, an unknown padding.
        ShapeError: not two maps of one shape, or places outside the result.

    Example:
        >>> from striate import Input, layers
        >>> x = Input((9, 8, 3))
        >>> values, places = layers.MaxPoolingWithArgmax2D()(x)
        >>> layers.MaxUnpooling2D()([values, places, x]).shape
        (None, 9, 8, 3)

    References: Zeiler & Fergus (2014), "Visualizing and understanding convolutional networks",
        https://arxiv.org/abs/1311.2901; Badrinarayanan et al. (2015), "SegNet",
        https://arxiv.org/abs/1511.00561
    """

    kind: kinds.MaxUnpooling2D
    takes_whole_numbers = True

    def __init__(
        self,
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        output_size: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super(Pooling, self).__init__(kinds.MaxUnpooling2D, keras_arguments(locals()), **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        values, places, *like = inputs
        height, width = like[0].shape[2:] if like else self._size(values)
        try:
            return pooling.max_unpool(values, places, (height, width))
        except (RuntimeError, IndexError) as error:  # on a CPU; a GPU stops the program itself
            if "out of bounds" not in str(error):
                raise
            raise errors.ShapeError(
                errors.message(
                    self.where,
                    "a value's place lies outside the result",
                    got={"place": int(places.max()), "output size": (height, width)},
                    expected="the size of the map that was pooled",
                    fix="Name it: MaxUnpooling2D(output_size=...), or pass the map as third input",
                )
            ) from None

    def _size(self, values: Tensor) -> tuple[int, ...]:
        spec = Spec((None, *values.shape[2:], None))
        return tuple(n or 0 for n in self.kind.output(spec, spec).spatial)
