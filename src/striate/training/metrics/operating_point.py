"""The best of one rate while another is at least as good as asked: points on a curve."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.naming import snake_case
from striate.training.losses.reduction import divide_or_zero
from striate.training.metrics.thresholds import ThresholdCounts


class OperatingPoint(ThresholdCounts):
    """The largest `sought` rate over the thresholds at which `held` is at least a given value.

    Rates are "sensitivity" (recall) TP / (TP + FN), "specificity" TN / (TN + FP) and "precision"
    TP / (TP + FP). The result is 0 if no threshold qualifies.
    """

    held: ClassVar[str]
    sought: ClassVar[str]
    argument: ClassVar[str]

    def __init__(
        self,
        value: float,
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: torch.dtype | str | None,
    ) -> None:
        name = name or snake_case(type(self).__name__)
        where = f"{name} ({type(self).__name__})"
        if not 0 <= value <= 1:
            raise ArgumentError(
                message(
                    where,
                    "the rate is out of range",
                    got={self.argument: value},
                    expected=f"{self.argument} in [0, 1]",
                )
            )
        if num_thresholds < 1:
            raise ArgumentError(
                message(
                    where,
                    "too few thresholds",
                    got={"num_thresholds": num_thresholds},
                    expected="num_thresholds >= 1",
                )
            )
        last = num_thresholds - 1
        thresholds = [i / last for i in range(num_thresholds)] if last else [0.5]
        super().__init__(thresholds, name, dtype, class_id=class_id)
        self._even = last > 0
        self.num_thresholds = num_thresholds
        self.value = value

    def result(self) -> torch.Tensor:
        """The best rate so far."""
        fits = self._rate(self.held) >= self.value
        sought = self._rate(self.sought)
        return self.cast(torch.where(fits, sought, torch.zeros_like(sought)).amax())

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            self.argument: self.value,
            "num_thresholds": self.num_thresholds,
            "class_id": self.class_id,
        }

    def _rate(self, name: str) -> torch.Tensor:
        right = self.true_negatives if name == "specificity" else self.true_positives
        wrong = self.false_negatives if name == "sensitivity" else self.false_positives
        return divide_or_zero(right, right + wrong)


class SensitivityAtSpecificity(OperatingPoint):
    """The best sensitivity TP / (TP + FN) where the specificity TN / (TN + FP) is high enough.

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]

    Args:
        specificity: the least specificity, in [0, 1].
        num_thresholds: evenly spaced over [0, 1].
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: specificity outside [0, 1], or num_thresholds < 1.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        tensor(0.5000, dtype=torch.float64)
    """

    held, sought, argument = "specificity", "sensitivity", "specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(specificity, num_thresholds, class_id, name, dtype)


class SpecificityAtSensitivity(OperatingPoint):
    """The best specificity TN / (TN + FP) where the sensitivity TP / (TP + FN) is high enough.

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]

    Args:
        sensitivity: the least sensitivity, in [0, 1].
        num_thresholds: evenly spaced over [0, 1].
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: sensitivity outside [0, 1], or num_thresholds < 1.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> SpecificityAtSensitivity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        tensor(0.6667, dtype=torch.float64)
    """

    held, sought, argument = "sensitivity", "specificity", "sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)


class PrecisionAtRecall(OperatingPoint):
    """The best precision TP / (TP + FP) where the recall TP / (TP + FN) is high enough.

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]

    Args:
        recall: the least recall, in [0, 1].
        num_thresholds: evenly spaced over [0, 1].
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: recall outside [0, 1], or num_thresholds < 1.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        tensor(0.5000, dtype=torch.float64)
    """

    held, sought, argument = "sensitivity", "precision", "recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(recall, num_thresholds, class_id, name, dtype)


class RecallAtPrecision(OperatingPoint):
    """The best recall TP / (TP + FN) where the precision TP / (TP + FP) is high enough.

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]

    Args:
        precision: the least precision, in [0, 1].
        num_thresholds: evenly spaced over [0, 1].
        class_id: look at this class of the last axis only.
        name: the key in logs.

    Raises:
        ArgumentError: precision outside [0, 1], or num_thresholds < 1.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        tensor(0.5000, dtype=torch.float64)
    """

    held, sought, argument = "precision", "sensitivity", "precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(precision, num_thresholds, class_id, name, dtype)
