"""Losses of distributions and counts: Kullback-Leibler divergence and Poisson."""

from __future__ import annotations

import torch

from striate.training.losses.conversion import EPSILON, Array, pair
from striate.training.losses.regression import RegressionLoss


def kl_divergence(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`sum_k y_k log(y_k / p_k)` over the last axis; y and p are clipped to [1e-7, 1].

    Shapes: (N, ..., classes) twice -> (N, ...)

    Example:
        >>> kl_divergence([[0.5, 0.5]], [[0.25, 0.75]])
        tensor([0.1438])
    """
    y_true, y_pred = pair(y_true, y_pred)
    y_true = y_true.clamp(EPSILON, 1)
    return (y_true * (y_true / y_pred.clamp(EPSILON, 1)).log()).sum(-1)


def poisson(y_true: Array, y_pred: Array) -> torch.Tensor:
    """`mean(p - y log(p + 1e-7))` over the last axis: the Poisson likelihood of counts y.

    Shapes: (N, ..., D) twice -> (N, ...)

    Example:
        >>> poisson([[0.0, 2.0]], [[1.0, 1.0]])
        tensor([1.0000])
    """
    y_true, y_pred = pair(y_true, y_pred)
    return (y_pred - y_true * (y_pred + EPSILON).log()).mean(-1)


class KLDivergence(RegressionLoss):
    """How much the predicted distribution loses of the true one, in nats.

    Formula: `kl_divergence`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        reduction: see `Loss`.

    Example:
        >>> KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])
        tensor(0.1438)
    """

    function = staticmethod(kl_divergence)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "kl_divergence",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)


class Poisson(RegressionLoss):
    """The negative log likelihood of counts, up to a constant. Formula: `poisson`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar; predictions > 0

    Args:
        reduction: see `Loss`.

    Example:
        >>> Poisson()([[0.0, 2.0]], [[1.0, 1.0]])
        tensor(1.0000)
    """

    function = staticmethod(poisson)

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "poisson",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
