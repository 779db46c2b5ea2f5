"""Hinge losses: right answers count nothing once they are right by a margin."""

from __future__ import annotations

import torch

from striate.training.losses import targets
from striate.training.losses.conversion import Array, pair
from striate.training.losses.loss import FunctionLoss


def signs_of(y_true: torch.Tensor) -> torch.Tensor:
    """Targets that are all 0 or 1 become -1 or 1; others stay. Decided without a device sync."""
    binary = ((y_true == 0) | (y_true == 1)).all()
    return torch.where(binary, 2 * y_true - 1, y_true)


def hinge(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean(max(1 - y p, 0))` over the last axis, y in {-1, 1} (or {0, 1}, which is converted).

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> hinge([[0.0, 1.0]], [[0.5, 0.5]])
        tensor([1.])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (1 - signs_of(y_true) * y_pred).clamp(min=0).mean(-1)


def squared_hinge(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean(max(1 - y p, 0)^2)` over the last axis, y in {-1, 1} (or {0, 1}, which is converted).

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> squared_hinge([[0.0, 1.0]], [[0.5, 0.5]])
        tensor([1.2500])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (1 - signs_of(y_true) * y_pred).clamp(min=0).square().mean(-1)


def categorical_hinge(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`max(1 + max_k (1 - y_k) p_k - sum_k y_k p_k, 0)` for one-hot rows.

    Shapes: (N, ..., classes) twice -> (N, ...)

    Example:
        >>> categorical_hinge([[0.0, 1.0, 0.0]], [[0.2, 0.5, 0.3]])
        tensor([0.8000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    right = (y_true * y_pred).sum(-1)
    wrong = ((1 - y_true) * y_pred).amax(-1)
    return (wrong - right + 1).clamp(min=0)


class Hinge(FunctionLoss):
    """Penalises predictions that are not on the right side of 0 by a margin of 1.

    Formula: `hinge`. Whether targets are 0/1 or -1/1 is seen in each batch, as in Keras.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> Hinge()([[0.0, 1.0]], [[0.5, 0.5]])
        tensor(1.)
    """

    function = staticmethod(hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "hinge",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be -1 and 1, or 0 and 1, in the output's shape."""
        targets.check_signs(y_true, output_shape, where)


class SquaredHinge(FunctionLoss):
    """The hinge loss squared: far-off predictions count more. Formula: `squared_hinge`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> SquaredHinge()([[0.0, 1.0]], [[0.5, 0.5]])
        tensor(1.2500)
    """

    function = staticmethod(squared_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "squared_hinge",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be -1 and 1, or 0 and 1, in the output's shape."""
        targets.check_signs(y_true, output_shape, where)


class CategoricalHinge(FunctionLoss):
    """The margin between the right class and the best wrong one. Formula: `categorical_hinge`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> CategoricalHinge()([[0.0, 1.0, 0.0]], [[0.2, 0.5, 0.3]])
        tensor(0.8000)
    """

    function = staticmethod(categorical_hinge)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_hinge",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be finite rows with one column per class."""
        targets.check_one_hot(y_true, output_shape, where, -1)
