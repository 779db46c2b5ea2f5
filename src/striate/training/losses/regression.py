"""Losses of numbers: squared, absolute, relative, logarithmic, Huber and log-cosh errors."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from striate.training.losses import targets
from striate.training.losses.conversion import EPSILON, Array, pair
from striate.training.losses.loss import FunctionLoss
from striate.training.losses.probabilities import check_in_range


def mean_squared_error(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean((y - p)^2)` over the last axis.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> mean_squared_error([[0.0, 1.0]], [[1.0, 3.0]])
        tensor([2.5000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (y_true - y_pred).square().mean(-1)


def mean_absolute_error(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean(|y - p|)` over the last axis.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> mean_absolute_error([[0.0, 1.0]], [[1.0, 3.0]])
        tensor([1.5000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (y_true - y_pred).abs().mean(-1)


def mean_absolute_percentage_error(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`100 mean(|y - p| / max(|y|, 1e-7))` over the last axis, in percent.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> mean_absolute_percentage_error([[2.0, 4.0]], [[1.0, 4.0]])
        tensor([25.])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return 100 * ((y_true - y_pred) / y_true.abs().clamp(min=EPSILON)).abs().mean(-1)


def mean_squared_logarithmic_error(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean((log(y + 1) - log(p + 1))^2)` over the last axis; y and p are at least 1e-7.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> mean_squared_logarithmic_error([[0.0, 1.0]], [[1.0, 1.0]])
        tensor([0.2402])
    """
    y_true, y_pred = pair(y_true, y_pred)
    difference = (y_pred.clamp(min=EPSILON) + 1).log() - (y_true.clamp(min=EPSILON) + 1).log()
    return difference.square().mean(-1)


def huber(y_true: Array, y_pred: Array, delta: float = 1.0) -> torch.Tensor:
    """Mean over the last axis of `e^2 / 2` where `|e| <= delta`, else `delta |e| - delta^2 / 2`.

    Shapes: (N, ..., D) twice -> (N, ...)

    Args:
        delta: where the parabola becomes a line, in the unit of the targets, > 0.

    Example:
        >>> huber([[0.0, 0.0]], [[0.5, 3.0]])
        tensor([1.3125])

    References:
        Huber (1964), https://doi.org/10.1214/aoms/1177703732
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = (y_pred - y_true).abs()
    line = delta * error - delta**2 / 2
    return torch.where(error <= delta, error.square() / 2, line).mean(-1)


def log_cosh(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean(log(cosh(p - y)))` over the last axis: near `e^2 / 2`, far from 0 `|e| - log 2`.

    Computed as `e + softplus(-2 e) - log 2`, which does not overflow.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> log_cosh([[0.0, 0.0]], [[1.0, 0.0]])
        tensor([0.2169])
    """
    y_true, y_pred = pair(y_true, y_pred)
    error = y_pred - y_true
    return (error + F.softplus(-2 * error) - math.log(2)).mean(-1)


class RegressionLoss(FunctionLoss):
    """What the losses of numbers share: targets are finite and have the output's shape."""

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be finite numbers in the output's shape."""
        targets.check_numbers(y_true, output_shape, where)


class MeanSquaredError(RegressionLoss):
    """Mean of squared errors; large errors dominate. Formula: `mean_squared_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar; (N,) targets fit (N, 1) predictions

    Args:
        reduction: see `Loss`.

    Example:
        >>> MeanSquaredError()([[0.0, 1.0]], [[1.0, 3.0]])
        tensor(2.5000)
    """

    function = staticmethod(mean_squared_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """One kernel for the mean over everything."""
        return F.mse_loss(y_pred, y_true)


class MeanAbsoluteError(RegressionLoss):
    """Mean of absolute errors; robust to outliers. Formula: `mean_absolute_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar; (N,) targets fit (N, 1) predictions

    Args:
        reduction: see `Loss`.

    Example:
        >>> MeanAbsoluteError()([[0.0, 1.0]], [[1.0, 3.0]])
        tensor(1.5000)
    """

    function = staticmethod(mean_absolute_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """One kernel for the mean over everything."""
        return F.l1_loss(y_pred, y_true)


class MeanAbsolutePercentageError(RegressionLoss):
    """Mean of errors relative to the target, in percent.

    For targets away from 0. Formula: `mean_absolute_percentage_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> MeanAbsolutePercentageError()([[2.0, 4.0]], [[1.0, 4.0]])
        tensor(25.)
    """

    function = staticmethod(mean_absolute_percentage_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class MeanSquaredLogarithmicError(RegressionLoss):
    """Mean of squared differences of logarithms; for targets that span orders of magnitude.

    Targets and predictions below 1e-7 count as 1e-7. Formula: `mean_squared_logarithmic_error`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> MeanSquaredLogarithmicError()([[0.0, 1.0]], [[1.0, 1.0]])
        tensor(0.2402)
    """

    function = staticmethod(mean_squared_logarithmic_error)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class Huber(RegressionLoss):
    """Squared for small errors, absolute for large ones. Formula: `huber`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        delta: where the parabola becomes a line, in the unit of the targets, > 0.
        reduction: see `Loss`.

    Raises:
        ArgumentError: delta is negative.

    Example:
        >>> Huber()([[0.0, 0.0]], [[0.5, 3.0]])
        tensor(1.3125)

    References:
        Huber (1964), https://doi.org/10.1214/aoms/1177703732
    """

    function = staticmethod(huber)
    arguments = ("delta",)

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber_loss",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "delta", delta, 0, math.inf)
        self.delta = delta

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """One kernel for the mean over everything; torch wants delta > 0."""
        return F.huber_loss(y_pred, y_true, delta=self.delta) if self.delta > 0 else None


class LogCosh(RegressionLoss):
    """Log of the hyperbolic cosine of the error: smooth, and linear for large errors.

    Formula: `log_cosh`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> LogCosh()([[0.0, 0.0]], [[1.0, 0.0]])
        tensor(0.2169)
    """

    function = staticmethod(log_cosh)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "log_cosh",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
