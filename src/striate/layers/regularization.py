"""Layers that drop values in training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.random import Random
from striate.ops import regularization
from striate.ops.layout import to_external, to_internal


class TrainingOnly(Random):
    """A layer that disturbs its input in training and passes it on in inference."""

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        return x if self.kind.idle(self.training) else to_internal(self.disturbed(to_external(x)))

    def compute_last(self, x: Tensor, /) -> Tensor:
        return x if self.kind.idle(self.training) else self.disturbed(x)

    def disturbed(self, x: Tensor) -> Tensor:
        """What training makes of a channels-last tensor."""
        return x


@register()
class Dropout(TrainingOnly):
    """Zeroes a random share of the values in training, so that units cannot rely on each other.

    The rest is scaled by 1 / (1 - rate), so that the expected sum stays; inference is unchanged.

    Shapes: unchanged.

    Args:
        rate: share that is zeroed, in [0, 1].
        noise_shape: shape of the random mask; sizes of 1 are shared, None is the input's own:
            (None, 1, 1, None) drops whole maps.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1], or a noise_shape that is no tuple of sizes.
        ShapeError: a noise_shape that does not fit the input.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.Dropout(0.5)(np.ones((1, 2))).tolist()
        [[1.0, 1.0]]

    References: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html
    """

    kind: kinds.Dropout

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.Dropout, keras_arguments(locals()), **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        if self.seed is None and self.noise_shape is None:
            return regularization.simple_dropout(x, self.rate)
        return regularization.dropout(x, self.rate, self.noise_shape, self.stream(x))


class SpatialDropout(TrainingOnly):
    """What spatial dropouts of every rank share."""

    def disturbed(self, x: Tensor) -> Tensor:
        shape = (None, *(1,) * (x.dim() - 2), None)
        return regularization.dropout(x, self.rate, shape, self.stream(x))


@register()
class SpatialDropout1D(SpatialDropout):
    """Zeroes whole maps of sequences in training: neighbours in a map say the same.

    The other maps are scaled by 1 / (1 - rate); inference is unchanged.

    Shapes: (N, L, C), unchanged.

    Args:
        rate: share of the maps of a sample that is zeroed, in [0, 1].
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1].
        ShapeError: not 3 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.SpatialDropout1D(0.5)(Input((8, 3))).shape
        (None, 8, 3)

    References: Tompson et al. (2014), https://arxiv.org/abs/1411.4280
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SpatialDropout1D, keras_arguments(locals()), **kwargs)


@register()
class SpatialDropout2D(SpatialDropout):
    """Zeroes whole maps of images in training: neighbours in a map say the same.

    The other maps are scaled by 1 / (1 - rate); inference is unchanged.

    Shapes: (N, H, W, C), unchanged.

    Args:
        rate: share of the maps of a sample that is zeroed, in [0, 1].
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: rate outside [0, 1].
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.SpatialDropout2D(0.5)(Input((8, 8, 3))).shape
        (None, 8, 8, 3)

    References: Tompson et al. (2014), https://arxiv.org/abs/1411.4280
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SpatialDropout2D, keras_arguments(locals()), **kwargs)


@register()
class SpatialDropout3D(SpatialDropout):
    """Zeroes whole maps of volumes in training: neighbours in a map say the same.

    The other maps are scaled by 1 / (1 - rate); inference is unchanged.

    Shapes: (N, D, H, W, C), unchanged.

    Args:
        rate: share of the maps of a sample that is zeroed, in [0, 1].
        seed: for a stream of its own; by default from the seed of the run.
        data_format: "channels_last", striate's only order.

    Raises:
        ArgumentError: rate outside [0, 1].
        ShapeError: not 5 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.SpatialDropout3D(0.5)(Input((8, 8, 8, 3))).shape
        (None, 8, 8, 8, 3)

    References: Tompson et al. (2014), https://arxiv.org/abs/1411.4280
    """

    def __init__(
        self,
        rate: float,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.SpatialDropout3D, keras_arguments(locals()), **kwargs)


@register("DropPath")
class StochasticDepth(TrainingOnly):
    """Zeroes whole samples in training: put last in a residual branch, it skips the branch.

    y = x b / (1 - rate), with b = 0 with probability `rate` and else 1, drawn per sample. So nets
    of hundreds of layers train as if they were shorter; `rate` usually grows with depth. The paper
    scales by 1 - rate in inference; dividing in training, as later code does and as here, keeps
    the same expectation. Also called DropPath.

    Shapes: unchanged.

    Args:
        rate: probability that a sample is zeroed, in [0, 1).
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1).

    Example:
        >>> from striate import Input, layers
        >>> x = Input((8, 8, 16))
        >>> branch = layers.Conv2D(16, 3, padding="same")(x)
        >>> layers.Add()([x, layers.StochasticDepth(0.2)(branch)]).shape
        (None, 8, 8, 16)

    References: Huang et al. (2016), https://arxiv.org/abs/1603.09382
    """

    def __init__(self, rate: float = 0.5, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(kinds.StochasticDepth, {"rate": rate, "seed": seed}, **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        shape = (None, *(1,) * (x.dim() - 1))
        return regularization.dropout(x, self.rate, shape, self.stream(x))


@register()
class DropBlock2D(TrainingOnly):
    """Zeroes squares of each map in training: single zeros would be filled in by neighbours.

    Corners of squares are drawn with probability rate H W / (b^2 (H - b + 1) (W - b + 1)), b the
    block size, where a whole square fits; what is left is scaled by (all values / values left).
    The share that is zeroed is a little below `rate`, for squares overlap.

    Shapes: (N, H, W, C), unchanged.

    Args:
        rate: share of the values to be zeroed, about, in [0, 1).
        block_size: height and width of a square; at most the size of the map.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1), or block_size below 1.
        ShapeError: not 4 dimensions.

    Example:
        >>> from striate import Input, layers
        >>> layers.DropBlock2D(0.1, block_size=7)(Input((28, 28, 64))).shape
        (None, 28, 28, 64)

    References: Ghiasi et al. (2018), https://arxiv.org/abs/1810.12890
    """

    kind: kinds.DropBlock2D

    def __init__(
        self,
        rate: float = 0.1,
        block_size: int | Sequence[int] = 7,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.DropBlock2D, keras_arguments(locals()), **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        return regularization.drop_blocks(x, self.rate, self.kind.block_size, self.stream(x))
