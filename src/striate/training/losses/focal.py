"""Focal crossentropies: easy samples count less, the more so the higher gamma."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from striate.training.losses import targets
from striate.training.losses.conversion import EPSILON, Array, pair, same_shape
from striate.training.losses.crossentropy import binary_terms
from striate.training.losses.loss import FunctionLoss
from striate.training.losses.probabilities import (
    check_axis,
    check_in_range,
    smooth_binary,
    smooth_one_hot,
)


def binary_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """`w (1 - p_t)^gamma BCE(y, p)`, averaged over `axis`; `1 - p_t = y (1 - p) + (1 - y) p`.

    w is `alpha y + (1 - alpha)(1 - y)` with class balancing, else 1. From logits everything is
    computed from them; Keras takes the sigmoid and clips it, which differs where p < 1e-7.

    Shapes: (N, ..., D) twice -> (N, ...)

    Args:
        apply_class_balancing: weigh the classes by alpha and 1 - alpha.
        alpha: weight of class 1, in [0, 1].
        gamma: focus, >= 0; 0 gives the binary crossentropy.
        from_logits: y_pred are values before the sigmoid.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: the axis of the average.

    Raises:
        ShapeError: the two shapes differ.

    Example:
        >>> binary_focal_crossentropy([[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [0.4, 0.6]])
        tensor([0.3299, 0.2058])

    References:
        Lin et al. (2017), https://arxiv.org/abs/1708.02002
    """
    y_true, y_pred = pair(y_true, y_pred)
    same_shape("binary_focal_crossentropy", y_true, y_pred)
    y_true = smooth_binary(y_true, label_smoothing)
    terms = binary_terms(y_true, y_pred, from_logits)
    if from_logits:
        miss = y_true * torch.sigmoid(-y_pred) + (1 - y_true) * torch.sigmoid(y_pred)
    else:
        miss = y_true * (1 - y_pred) + (1 - y_true) * y_pred
    values = miss.pow(gamma) * terms
    if apply_class_balancing:
        values = values * (y_true * alpha + (1 - y_true) * (1 - alpha))
    return values.mean(axis)


def categorical_focal_crossentropy(
    y_true: Array,
    y_pred: Array,
    alpha: float | Sequence[float] = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """`-sum_k alpha_k (1 - p_k)^gamma y_k log p_k`.

    Probabilities are divided by their sum and clipped to [1e-7, 1 - 1e-7]. From logits the log
    softmax is used; Keras clips the softmax, which differs where p < 1e-7.

    Shapes: (N, ..., classes) twice -> (N, ...)

    Args:
        alpha: weight of the classes, one for all or one each.
        gamma: focus, >= 0; 0 and alpha 1 give the categorical crossentropy.
        from_logits: y_pred are values before the softmax.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / classes.
        axis: the class axis.

    Raises:
        ShapeError: the two shapes differ.

    Example:
        >>> rows = [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
        >>> categorical_focal_crossentropy([[0, 1, 0], [0, 0, 1]], rows)
        tensor([3.2058e-05, 4.6627e-01])

    References:
        Lin et al. (2017), https://arxiv.org/abs/1708.02002
    """
    y_true, y_pred = pair(y_true, y_pred)
    same_shape("categorical_focal_crossentropy", y_true, y_pred)
    y_true = smooth_one_hot(y_true, label_smoothing, axis)
    if from_logits:
        log_p = torch.log_softmax(y_pred, axis)
        miss = -torch.expm1(log_p)
    else:
        p = (y_pred / y_pred.sum(axis, keepdim=True)).clamp(EPSILON, 1 - EPSILON)
        log_p = p.log()
        miss = 1 - p
    weight: float | torch.Tensor
    if isinstance(alpha, (int, float)):
        weight = alpha
    else:
        weight = torch.tensor(alpha, dtype=y_pred.dtype).to(y_pred.device, non_blocking=True)
    return -(weight * miss.pow(gamma) * y_true * log_p).sum(axis)


class BinaryFocalCrossentropy(FunctionLoss):
    """Binary crossentropy in which questions already answered well count less.

    For data with many easy samples of one kind, such as object detection. Formula and the
    difference from Keras: `binary_focal_crossentropy`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        apply_class_balancing: weigh class 1 by alpha and class 0 by 1 - alpha.
        alpha: weight of class 1, in [0, 1].
        gamma: focus, >= 0.
        from_logits: y_pred are values before the sigmoid.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: the axis that is averaged first.
        reduction: see `Loss`.

    Raises:
        ArgumentError: alpha, gamma or label_smoothing out of range, axis not a whole number.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> BinaryFocalCrossentropy()([[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [0.4, 0.6]])
        tensor(0.2678)

    References:
        Lin et al. (2017), https://arxiv.org/abs/1708.02002
    """

    function = staticmethod(binary_focal_crossentropy)
    arguments = (
        "apply_class_balancing",
        "alpha",
        "gamma",
        "from_logits",
        "label_smoothing",
        "axis",
    )
    activation = "sigmoid"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "alpha", alpha, 0, 1)
        check_in_range(self.where, "gamma", gamma, 0, float("inf"))
        check_in_range(self.where, "label_smoothing", label_smoothing, 0, 1)
        check_axis(self.where, axis)
        self.apply_class_balancing = apply_class_balancing
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must lie in [0, 1] and have the output's shape."""
        targets.check_binary(y_true, output_shape, where)


class CategoricalFocalCrossentropy(FunctionLoss):
    """Categorical crossentropy in which rows already classified well count less.

    Formula and the difference from Keras: `categorical_focal_crossentropy`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        alpha: weight of the classes, one number or one per class.
        gamma: focus, >= 0.
        from_logits: y_pred are values before the softmax.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / classes.
        axis: the class axis.
        reduction: see `Loss`.

    Raises:
        ArgumentError: gamma or label_smoothing out of range, axis not a whole number.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> loss = CategoricalFocalCrossentropy(alpha=[0.5, 0.25, 0.25])
        >>> loss([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor(0.2332)

    References:
        Lin et al. (2017), https://arxiv.org/abs/1708.02002
    """

    function = staticmethod(categorical_focal_crossentropy)
    arguments = ("alpha", "gamma", "from_logits", "label_smoothing", "axis")
    activation = "softmax"

    def __init__(
        self,
        alpha: float | Sequence[float] = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "gamma", gamma, 0, float("inf"))
        check_in_range(self.where, "label_smoothing", label_smoothing, 0, 1)
        check_axis(self.where, axis)
        self.alpha = alpha
        self.gamma = gamma
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be finite rows with one column per class."""
        targets.check_one_hot(y_true, output_shape, where, self.axis)
