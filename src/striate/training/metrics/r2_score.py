"""The coefficient of determination."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from striate.errors import ArgumentError, ShapeError, message
from striate.training.losses.conversion import Array, pair
from striate.training.metrics.metric import Metric

AGGREGATIONS = (None, "uniform_average", "variance_weighted_average")


class R2Score(Metric):
    """The share of the targets' variance that predictions explain: 1 is perfect, 0 the mean.

    `1 - sum((y - p)^2) / sum((y - mean(y))^2)` per column; 0 for a column without variance.
    With regressors: `1 - (1 - R2)(n - 1) / (n - regressors - 1)`. As in Keras, n counts the
    entries of the targets, all columns together.

    Shapes: y_true, y_pred (N, D) -> scalar, or (D,) without aggregation; weights (N,) or (N, D)

    Args:
        class_aggregation: over the columns: "uniform_average", "variance_weighted_average", None.
        num_regressors: number of the model's inputs, for the adjusted score; 0: not adjusted.
        name: the key in logs.

    Raises:
        ArgumentError: unknown class_aggregation or num_regressors < 0.
        ShapeError: targets or predictions are not (N, D).

    Example:
        >>> R2Score()([[1.0], [4.0], [3.0]], [[2.0], [4.0], [4.0]])
        tensor(0.5714, dtype=torch.float64)
    """

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = "r2_score",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        if class_aggregation not in AGGREGATIONS:
            raise ArgumentError(
                message(
                    self.where,
                    "unknown class_aggregation",
                    got={"class_aggregation": class_aggregation},
                    expected=f"one of {AGGREGATIONS}",
                )
            )
        if num_regressors < 0:
            raise ArgumentError(
                message(
                    self.where,
                    "num_regressors is out of range",
                    got={"num_regressors": num_regressors},
                    expected="num_regressors >= 0",
                )
            )
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_variable(name="num_samples")
        self.squared_sum = self.add_variable(None, name="squared_sum")
        self.sum = self.add_variable(None, name="sum")
        self.total_mse = self.add_variable(None, name="residual")
        self.count = self.add_variable(None, name="count")

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch."""
        targets, predictions = pair(y_true, y_pred)
        self._allocate(targets, predictions)
        # Sums of squares of large targets cancel: in float64, unlike Keras's.
        dtype = self.count.place(targets.device).dtype
        targets, predictions = targets.to(dtype), predictions.to(dtype)
        weight = torch.ones((), dtype=dtype, device=targets.device)
        if sample_weight is not None:
            weight = torch.as_tensor(sample_weight, device=targets.device).to(dtype)
        weight = (weight.unsqueeze(1) if weight.ndim == 1 else weight).broadcast_to(targets.shape)
        weighted = targets * weight
        self.sum.assign_add(weighted.sum(0))
        self.squared_sum.assign_add((targets * weighted).sum(0))
        self.total_mse.assign_add(((targets - predictions).square() * weight).sum(0))
        self.count.assign_add(weight.sum(0))
        self.num_samples.place(targets.device).add_(targets.numel())

    def result(self) -> torch.Tensor:
        """The score or scores so far."""
        total = self.squared_sum.value - self.sum.value * (self.sum.value / self.count.value)
        scores = 1 - self.total_mse.value / total
        scores = torch.where(scores.isinf(), torch.zeros_like(scores), scores)
        if self.class_aggregation == "uniform_average":
            scores = scores.mean()
        elif self.class_aggregation == "variance_weighted_average":
            scores = (total * scores).sum() / total.sum()
        return self.cast(self._adjusted(scores))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "class_aggregation": self.class_aggregation,
            "num_regressors": self.num_regressors,
        }

    def _adjusted(self, scores: torch.Tensor) -> torch.Tensor:
        if not self.num_regressors:
            return scores
        free = float(self.num_samples) - 1
        if self.num_regressors >= free:
            text = "R2Score: as many regressors as samples; the score is not adjusted."
            warnings.warn(text, stacklevel=3)
            return scores
        return 1 - (1 - scores) * free / (free - self.num_regressors)

    def _allocate(self, targets: torch.Tensor, predictions: torch.Tensor) -> None:
        if targets.ndim != 2 or targets.shape != predictions.shape:
            raise ShapeError(
                message(
                    self.where,
                    "targets and predictions are not rows",
                    got={
                        "y_true.shape": tuple(targets.shape),
                        "y_pred.shape": tuple(predictions.shape),
                    },
                    expected="(N, D) twice",
                )
            )
        if not self.sum.is_allocated:
            for variable in (self.squared_sum, self.sum, self.total_mse, self.count):
                variable.allocate((targets.shape[1],))
