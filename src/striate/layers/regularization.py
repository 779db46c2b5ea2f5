"""Layers that act in training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from striate.graph import kinds
from striate.layers.builtin import register
from striate.layers.calls import Template
from striate.layers.random import Random
from striate.ops.layout import to_external, to_internal
from striate.ops.regularization import dropout


@register()
class Dropout(Random):
    """Zeroes a random share of the values in training, so that units cannot rely on each other.

    The rest is scaled by 1 / (1 - rate), so that the expected sum stays; inference is unchanged.

    Shapes: unchanged.

    Args:
        rate: share that is zeroed, in [0, 1].
        noise_shape: shape of the random mask; sizes of 1 are shared, None is the input's own:
            (None, 1, 1, None) drops whole maps.
        seed: for a stream of its own; by default from the seed of the run.

    Raises:
        ArgumentError: rate outside [0, 1].

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
        arguments = {"rate": rate, "noise_shape": noise_shape, "seed": seed}
        super().__init__(kinds.Dropout, arguments, **kwargs)

    def compute(self, *inputs: Tensor, template: Template | None = None) -> Tensor:
        x = inputs[0]
        if not self.training or self.rate == 0.0:
            return x
        if self.seed is None and self.noise_shape is None:
            return F.dropout(x, self.rate, training=True)
        return to_internal(dropout(to_external(x), self.rate, self.noise_shape, self.stream(x)))
