"""What "accuracy" and "crossentropy" mean where only the first batch can tell."""

from __future__ import annotations

from collections.abc import Callable

import torch

from striate.training.losses.by_shape import kind_of_targets
from striate.training.losses.conversion import Array
from striate.training.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from striate.training.metrics.accuracies import (
    Accuracy,
    binary_matches,
    categorical_matches,
    sparse_matches,
)
from striate.training.metrics.mean import Mean

_FUNCTIONS: dict[str, Callable[..., torch.Tensor]] = {
    "binary": binary_crossentropy,
    "categorical": categorical_crossentropy,
    "sparse": sparse_categorical_crossentropy,
}


class AccuracyByShape(Accuracy):
    """Binary, sparse categorical or categorical accuracy, whichever the shapes ask for.

    The rule is Keras's: one unit in the last axis is binary; targets of a smaller rank (or ending
    in 1) are class numbers; others are one-hot rows.

    Shapes: y_pred (N, 1) or (N, ..., classes) -> scalar in [0, 1]

    Args:
        name: the key in logs.

    Example:
        >>> AccuracyByShape()([1, 0], [[0.2, 0.8], [0.4, 0.6]])
        tensor(0.5000, dtype=torch.float64)
    """

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        kind = kind_of_targets(y_true.shape, y_pred.shape)
        if kind == "binary":
            return binary_matches(y_true, y_pred, 0.5)
        return (sparse_matches if kind == "sparse" else categorical_matches)(y_true, y_pred)


class CrossentropyByShape(Mean):
    """Binary, sparse categorical or categorical crossentropy, whichever the shapes ask for.

    The rule is that of `AccuracyByShape`. Predictions are probabilities.

    Shapes: y_pred (N, 1) or (N, ..., classes) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> CrossentropyByShape()([1], [[0.5, 0.5]])
        tensor(0.6931, dtype=torch.float64)
    """

    def __init__(
        self, name: str | None = "crossentropy", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the values of a batch."""
        targets, predictions = torch.as_tensor(y_true), torch.as_tensor(y_pred)
        kind = kind_of_targets(targets.shape, predictions.shape)
        self.add(_FUNCTIONS[kind](targets, predictions), sample_weight)
