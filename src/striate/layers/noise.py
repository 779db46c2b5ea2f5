"""Layers that add noise in training, and one that adds a penalty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from striate.graph import kinds
from striate.layers.arguments import keras_arguments
from striate.layers.builtin import BuiltIn, register
from striate.layers.calls import Template
from striate.layers.regularization import TrainingOnly
from striate.ops import regularization, regularizers
from striate.ops.random import normal


@register()
class GaussianNoise(TrainingOnly):
    """Adds normal noise in training, so that a net does not learn its examples by heart.

    y = x + n with n of mean 0; inference is unchanged.

    Shapes: unchanged.

    Args:
        stddev: standard deviation of the noise, in [0, 1] as in Keras.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: stddev outside [0, 1].

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.GaussianNoise(0.1)(np.ones((1, 2))).tolist()
        [[1.0, 1.0]]
    """

    kind: kinds.GaussianNoise

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(kinds.GaussianNoise, {"stddev": stddev, "seed": seed}, **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        return x + self.kind.stddev * normal(x.shape, x, self.stream(x))


@register()
class GaussianDropout(TrainingOnly):
    """Multiplies by normal noise in training: dropout without zeros.

    y = x n with n of mean 1 and variance rate / (1 - rate), that of dropout; inference is
    unchanged.

    Shapes: unchanged.

    Args:
        rate: the dropout rate whose variance the noise has, in [0, 1).
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1). Keras takes 1, and then fails in training.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.GaussianDropout(0.5)(np.ones((1, 2))).tolist()
        [[1.0, 1.0]]

    References: Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html
    """

    kind: kinds.GaussianDropout

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(kinds.GaussianDropout, {"rate": rate, "seed": seed}, **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        rate = self.kind.rate
        deviation = math.sqrt(rate / (1.0 - rate))
        return x * (1.0 + deviation * normal(x.shape, x, self.stream(x)))


@register()
class AlphaDropout(TrainingOnly):
    """Dropout for nets of selu: mean 0 and variance 1 stay what they are.

    A share `rate` of the values is set to a' = -1.7581, what selu saturates at; then y = a x + b
    with a = ((1 - rate) (1 + rate a'^2))^-1/2 and b = -a a' rate. Inference is unchanged.

    Shapes: unchanged.

    Args:
        rate: share that is set, in [0, 1).
        noise_shape: shape of the random mask; sizes of 1 are shared, None is the input's own.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1) (Keras takes 1, and then fails in training), or a
            noise_shape that is no tuple of sizes.
        ShapeError: a noise_shape that does not fit the input.

    Example:
        >>> import numpy as np
        >>> from striate import layers
        >>> layers.AlphaDropout(0.5)(np.ones((1, 2))).tolist()
        [[1.0, 1.0]]

    References: Klambauer et al. (2017), https://arxiv.org/abs/1706.02515
    """

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(kinds.AlphaDropout, keras_arguments(locals()), **kwargs)

    def disturbed(self, x: Tensor) -> Tensor:
        return regularization.alpha_dropout(x, self.rate, self.noise_shape, self.stream(x))


@register()
class ActivityRegularization(BuiltIn):
    """Passes its input on and adds a penalty on it to the loss.

    The penalty is (l1 sum(abs(x)) + l2 sum(x^2)) / N, N the size of the batch.

    Shapes: unchanged.

    Args:
        l1: weight of the absolute values.
        l2: weight of the squares.

    Raises:
        ArgumentError: a negative weight.

    Example:
        >>> import torch
        >>> from striate import layers
        >>> layer = layers.ActivityRegularization(l1=0.5)
        >>> layer(torch.ones(2, 3)).shape, float(layer.losses[0])
        (torch.Size([2, 3]), 1.5)
    """

    kind: kinds.ActivityRegularization

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(kinds.ActivityRegularization, {"l1": l1, "l2": l2}, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        penalty = regularizers.L1L2(self.kind.l1, self.kind.l2)
        self.penalise(penalty(x) / max(1, x.shape[0]))
        return x
