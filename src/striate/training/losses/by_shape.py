"""The crossentropy that shapes ask for: what "crossentropy" and "ce" mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from striate.training.losses.conversion import Array, host_array
from striate.training.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from striate.training.losses.loss import Loss


def kind_of_targets(target_shape: Sequence[int], output_shape: Sequence[int | None]) -> str:
    """ "binary", "sparse" or "categorical", from shapes alone, as Keras 3 decides.

    One unit in the last axis is binary. Targets of a smaller rank, or with a last axis of 1
    against several units, are class numbers; all others are rows. A rank-1 output (N,) is binary
    too (Keras takes the batch for classes there).

    Example:
        >>> kind_of_targets((8, 1), (8, 10)), kind_of_targets((8, 10), (8, 10))
        ('sparse', 'categorical')
    """
    if len(output_shape) <= 1 or output_shape[-1] == 1:
        return "binary"
    if len(target_shape) < len(output_shape) or target_shape[-1] == 1:
        return "sparse"
    return "categorical"


class Crossentropy(Loss):
    """Binary, categorical or sparse categorical crossentropy, whichever the shapes ask for.

    The rule is `kind_of_targets`; it looks at each batch, without a device sync.

    Shapes: y_pred (N, 1) and y_true (N,) or (N, 1); or y_pred (N, ..., classes) and y_true
        (N, ...), (N, ..., 1) or (N, ..., classes) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> Crossentropy()([1], [[0.5, 0.5]]), Crossentropy()([[0, 1]], [[0.5, 0.5]])
        (tensor(0.6931), tensor(0.6931))
    """

    integer_targets = True

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "crossentropy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        common: dict[str, Any] = {"reduction": self.reduction, "dtype": self.dtype}
        self._losses: dict[str, Loss] = {
            "binary": BinaryCrossentropy(**common),
            "categorical": CategoricalCrossentropy(**common),
            "sparse": SparseCategoricalCrossentropy(**common),
        }

    def __call__(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> torch.Tensor:
        y_true, y_pred = torch.as_tensor(y_true), torch.as_tensor(y_pred)
        return self._losses[kind_of_targets(y_true.shape, y_pred.shape)](
            y_true, y_pred, sample_weight
        )

    def call(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """The loss of each sample, before weights and reduction."""
        loss = self._losses[kind_of_targets(y_true.shape, y_pred.shape)]
        return loss.call(y_true if loss.integer_targets else y_true.to(y_pred.dtype), y_pred)

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """As the loss that the shapes ask for."""
        if output_shape is not None:
            kind = kind_of_targets(host_array(y_true).shape, output_shape)
            self._losses[kind].check_targets(y_true, output_shape, where)
