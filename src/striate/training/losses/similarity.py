"""Cosine similarity as a loss."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from striate.training.losses.conversion import EPSILON, Array, pair
from striate.training.losses.probabilities import check_axis
from striate.training.losses.regression import RegressionLoss


def cosine_similarity(y_true: Array, y_pred: Array, axis: int = -1) -> torch.Tensor:
    """`-sum(y p) / (|y| |p|)` over `axis`: -1 for the same direction, 1 for opposite ones.

    Norms are at least 1e-7, so a zero vector gives 0 (its gradient is finite; Keras's is NaN).

    Shapes: (N, ..., D) twice -> (N, ...)

    Args:
        axis: the axis of the vectors.

    Example:
        >>> cosine_similarity([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])
        tensor([-0.0000, -1.0000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    first = F.normalize(y_true, dim=axis, eps=EPSILON)
    return -(first * F.normalize(y_pred, dim=axis, eps=EPSILON)).sum(axis)


class CosineSimilarity(RegressionLoss):
    """The angle between targets and predictions; their lengths do not matter.

    Formula: `cosine_similarity`. Smaller is nearer: -1 is the best value.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        axis: the axis of the vectors.
        reduction: see `Loss`.

    Raises:
        ArgumentError: axis is not a whole number.

    Example:
        >>> CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])
        tensor(-0.5000)
    """

    function = staticmethod(cosine_similarity)
    arguments = ("axis",)

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_axis(self.where, axis)
        self.axis = axis
