"""Hinge losses as metrics: the mean over all samples."""

from __future__ import annotations

import torch

from striate.training.losses.hinges import categorical_hinge, hinge, squared_hinge
from striate.training.metrics.function_metric import FunctionMetric


class Hinge(FunctionMetric):
    """The mean hinge loss. Formula: `losses.hinge`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> Hinge()([[0.0, 1.0]], [[0.5, 0.5]])
        tensor(1., dtype=torch.float64)
    """

    function = staticmethod(hinge)

    def __init__(self, name: str | None = "hinge", dtype: torch.dtype | str | None = None) -> None:
        super().__init__(name, dtype)


class SquaredHinge(FunctionMetric):
    """The mean squared hinge loss. Formula: `losses.squared_hinge`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> SquaredHinge()([[0.0, 1.0]], [[0.5, 0.5]])
        tensor(1.2500, dtype=torch.float64)
    """

    function = staticmethod(squared_hinge)

    def __init__(
        self, name: str | None = "squared_hinge", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)


class CategoricalHinge(FunctionMetric):
    """The mean categorical hinge loss. Formula: `losses.categorical_hinge`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.2, 0.5, 0.3]])
        tensor(0.8000, dtype=torch.float64)
    """

    function = staticmethod(categorical_hinge)

    def __init__(
        self, name: str | None = "categorical_hinge", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)
