"""True and false positives and negatives, counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from striate.training.metrics.thresholds import ThresholdCounts, checked_thresholds


class _ConditionCount(ThresholdCounts):
    """One of the four counts, by the name of the property that has it."""

    condition: ClassVar[str]

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        name = name or self.condition
        where = f"{name} ({type(self).__name__})"
        super().__init__(checked_thresholds(thresholds, 0.5, where), name, dtype)
        self._given = thresholds

    def result(self) -> torch.Tensor:
        """The count at each threshold; a scalar where there is one."""
        return self.single(getattr(self, self.condition))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "thresholds": self._given}


class TruePositives(_ConditionCount):
    """The (weighted) number of positives that were predicted.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
        tensor(2., dtype=torch.float64)
    """

    condition = "true_positives"


class FalsePositives(_ConditionCount):
    """The (weighted) number of negatives that were predicted positive.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> FalsePositives()([0, 1, 0, 0], [0, 0, 1, 1])
        tensor(2., dtype=torch.float64)
    """

    condition = "false_positives"


class TrueNegatives(_ConditionCount):
    """The (weighted) number of negatives that were not predicted positive.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
        tensor(2., dtype=torch.float64)
    """

    condition = "true_negatives"


class FalseNegatives(_ConditionCount):
    """The (weighted) number of positives that were missed.

    Shapes: y_true, y_pred (N, ...) -> scalar, or (T,) for T thresholds

    Args:
        thresholds: a number or list in [0, 1]; predictions above it are positive; 0.5 if None.
        name: the key in logs.

    Raises:
        ArgumentError: a threshold is outside [0, 1].
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
        tensor(2., dtype=torch.float64)
    """

    condition = "false_negatives"
