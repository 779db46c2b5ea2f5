"""Losses of overlap, for segmentation: Dice and Tversky."""

from __future__ import annotations

import math

import torch

from striate.training.losses.conversion import EPSILON, Array, pair
from striate.training.losses.loss import FunctionLoss
from striate.training.losses.probabilities import check_in_range
from striate.training.losses.targets import check_binary

Axes = int | tuple[int, ...] | list[int] | None


def dice(y_true: Array, y_pred: Array, axis: Axes = None) -> torch.Tensor:
    """`1 - 2 sum(y p) / (sum(y) + sum(p) + 1e-7)`, the sums over `axis`.

    Shapes: (N, H, W, C) twice -> scalar; axis=(1, 2, 3) -> (N,)

    Args:
        axis: the axes of the sums; None: all, the batch too, as in Keras.

    Example:
        >>> dice([[1.0, 0.0]], [[0.5, 0.5]])
        tensor(0.5000)

    References:
        Milletari et al. (2016), https://arxiv.org/abs/1606.04797
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = _axes(axis)
    both = (y_true * y_pred).sum(axes)
    return 1 - 2 * both / (y_true.sum(axes) + y_pred.sum(axes) + EPSILON)


def tversky(
    y_true: Array, y_pred: Array, alpha: float = 0.5, beta: float = 0.5, axis: Axes = None
) -> torch.Tensor:
    """`1 - TP / (TP + alpha sum(y (1 - p)) + beta sum(p (1 - y)) + 1e-7)`, `TP = sum(y p)`.

    As in Keras, alpha weighs what was missed (y = 1, p = 0) and beta what was found in excess;
    the paper has them the other way round. alpha = beta = 0.5 is Dice.

    Shapes: (N, H, W, C) twice -> scalar; axis=(1, 2, 3) -> (N,)

    Args:
        alpha: weight of the missed, >= 0.
        beta: weight of the excess, >= 0.
        axis: the axes of the sums; None: all, the batch too, as in Keras.

    Example:
        >>> tversky([[1.0, 0.0]], [[0.5, 0.5]], alpha=1.0, beta=0.0)
        tensor(0.5000)

    References:
        Salehi et al. (2017), https://arxiv.org/abs/1706.05721
    """
    y_true, y_pred = pair(y_true, y_pred)
    axes = _axes(axis)
    both = (y_true * y_pred).sum(axes)
    missed = (y_true * (1 - y_pred)).sum(axes)
    excess = (y_pred * (1 - y_true)).sum(axes)
    return 1 - both / (both + alpha * missed + beta * excess + EPSILON)


def _axes(axis: Axes) -> int | tuple[int, ...] | None:
    return tuple(axis) if isinstance(axis, list) else axis


class Dice(FunctionLoss):
    """How little the predicted region overlaps the true one: 0 is a perfect mask.

    Formula: `dice`.

    Shapes: y_true, y_pred (N, H, W, C) -> scalar

    Args:
        reduction: see `Loss`; it matters only with `axis`.
        axis: the axes of the sums; None: one score for the whole batch, as in Keras.

    Example:
        >>> Dice()([[1.0, 0.0]], [[0.5, 0.5]])
        tensor(0.5000)

    References:
        Milletari et al. (2016), https://arxiv.org/abs/1606.04797
    """

    function = staticmethod(dice)
    arguments = ("axis",)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "dice",
        axis: Axes = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.axis = axis

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must lie in [0, 1] and have the output's shape."""
        check_binary(y_true, output_shape, where)


class Tversky(FunctionLoss):
    """Dice with separate weights for what was missed and what was found in excess.

    For small regions, where misses cost more than excess. Formula: `tversky`.

    Shapes: y_true, y_pred (N, H, W, C) -> scalar

    Args:
        alpha: weight of the missed, >= 0.
        beta: weight of the excess, >= 0.
        reduction: see `Loss`; it matters only with `axis`.
        axis: the axes of the sums; None: one score for the whole batch, as in Keras.

    Raises:
        ArgumentError: alpha or beta is negative.

    Example:
        >>> Tversky(alpha=1.0, beta=0.0)([[1.0, 0.0]], [[0.5, 0.5]])
        tensor(0.5000)

    References:
        Salehi et al. (2017), https://arxiv.org/abs/1706.05721
    """

    function = staticmethod(tversky)
    arguments = ("alpha", "beta", "axis")

    def __init__(
        self,
        alpha: float = 0.5,
        beta: float = 0.5,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "tversky",
        axis: Axes = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "alpha", alpha, 0, math.inf)
        check_in_range(self.where, "beta", beta, 0, math.inf)
        self.alpha = alpha
        self.beta = beta
        self.axis = axis

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must lie in [0, 1] and have the output's shape."""
        check_binary(y_true, output_shape, where)
