"""Precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from striate.training.losses.naming import snake_case
from striate.training.losses.reduction import divide_or_zero
from striate.training.metrics.thresholds import LOWEST, ThresholdCounts, checked_thresholds


class _TopThresholdCounts(ThresholdCounts):
    """What precision and recall share: their arguments."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        name = name or snake_case(type(self).__name__)
        default = 0.5 if top_k is None else LOWEST
        found = checked_thresholds(thresholds, default, f"{name} ({type(self).__name__})")
        super().__init__(found, name, dtype, top_k, class_id)
        self._given = thresholds

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "thresholds": self._given,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


class Precision(_TopThresholdCounts):
    """The share of positive predictions that are right: TP / (TP + FP), 0 if there are none.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None
            (with `top_k`: any).
        top_k: only the k largest predictions of the last axis can be positive.
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes, or `class_id` without classes.

    Example:
        >>> Precision()([0, 1, 1, 1], [1, 0, 1, 1])
        tensor(0.6667, dtype=torch.float64)
    """

    def result(self) -> torch.Tensor:
        """The precision at each threshold; a scalar where there is one."""
        hits = self.true_positives
        return self.single(divide_or_zero(hits, hits + self.false_positives))


class Recall(_TopThresholdCounts):
    """The share of positives that were found: TP / (TP + FN), 0 if there are none.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None
            (with `top_k`: any).
        top_k: only the k largest predictions of the last axis can be positive.
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes, or `class_id` without classes.

    Example:
        >>> Recall()([0, 1, 1, 1], [1, 0, 1, 1])
        tensor(0.6667, dtype=torch.float64)
    """

    def result(self) -> torch.Tensor:
        """The recall at each threshold; a scalar where there is one."""
        hits = self.true_positives
        return self.single(divide_or_zero(hits, hits + self.false_negatives))
