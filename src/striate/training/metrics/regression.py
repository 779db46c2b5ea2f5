"""Errors of numbers as metrics: the mean over all samples."""

from __future__ import annotations

import torch

from striate.training.losses import similarity
from striate.training.losses.conversion import Array, pair
from striate.training.losses.regression import (
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from striate.training.metrics.function_metric import FunctionMetric
from striate.training.metrics.mean import Mean


def cosine_similarity(y_true: Array, y_pred: Array, axis: int = -1) -> torch.Tensor:
    """`sum(y p) / (|y| |p|)` over `axis`: 1 for the same direction (the loss has the sign turned).

    Shapes: (N, ..., D) twice -> (N, ...)

    Args:
        axis: the axis of the vectors.

    Example:
        >>> cosine_similarity([[1.0, 1.0]], [[1.0, 0.0]])
        tensor([0.7071])
    """
    return -similarity.cosine_similarity(y_true, y_pred, axis)


class MeanSquaredError(FunctionMetric):
    """The mean squared error. Formula: `losses.mean_squared_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]])
        tensor(2.5000, dtype=torch.float64)
    """

    function = staticmethod(mean_squared_error)

    def __init__(
        self, name: str | None = "mean_squared_error", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)


class RootMeanSquaredError(Mean):
    """The square root of the mean of squared errors over all entries of all samples.

    Shapes: y_true, y_pred (N, ...) -> scalar, in the unit of the targets

    Args:
        name: the key in logs.

    Example:
        >>> RootMeanSquaredError()([[0.0, 0.0]], [[3.0, 3.0]])
        tensor(3., dtype=torch.float64)
    """

    def __init__(
        self, name: str | None = "root_mean_squared_error", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the squared errors of a batch."""
        targets, predictions = pair(y_true, y_pred)
        self.add((predictions - targets).square(), sample_weight)

    def result(self) -> torch.Tensor:
        """The root of the mean so far."""
        return super().result().sqrt()


class MeanAbsoluteError(FunctionMetric):
    """The mean absolute error. Formula: `losses.mean_absolute_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]])
        tensor(1.5000, dtype=torch.float64)
    """

    function = staticmethod(mean_absolute_error)

    def __init__(
        self, name: str | None = "mean_absolute_error", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)


class MeanAbsolutePercentageError(FunctionMetric):
    """The mean error in percent of the target. Formula: `losses.mean_absolute_percentage_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar, in percent

    Args:
        name: the key in logs.

    Example:
        >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]])
        tensor(25., dtype=torch.float64)
    """

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(
        self,
        name: str | None = "mean_absolute_percentage_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)


class MeanSquaredLogarithmicError(FunctionMetric):
    """The mean squared error of logarithms. Formula: `losses.mean_squared_logarithmic_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> MeanSquaredLogarithmicError()([[0.0, 1.0]], [[1.0, 1.0]])
        tensor(0.2402, dtype=torch.float64)
    """

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(
        self,
        name: str | None = "mean_squared_logarithmic_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)


class LogCoshError(FunctionMetric):
    """The mean log-cosh error. Formula: `losses.log_cosh`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> LogCoshError()([[0.0, 0.0]], [[1.0, 0.0]])
        tensor(0.2169, dtype=torch.float64)
    """

    function = staticmethod(log_cosh)

    def __init__(
        self, name: str | None = "logcosh", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)


class CosineSimilarity(FunctionMetric):
    """The mean cosine between targets and predictions: 1 is best. Formula: `cosine_similarity`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar in [-1, 1]

    Args:
        name: the key in logs.
        axis: the axis of the vectors.

    Example:
        >>> CosineSimilarity()([[0.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]])
        tensor(0.5000, dtype=torch.float64)
    """

    function = staticmethod(cosine_similarity)
    arguments = ("axis",)

    def __init__(
        self,
        name: str | None = "cosine_similarity",
        dtype: torch.dtype | str | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.axis = axis
