"""Crossentropies: binary, categorical (one-hot) and sparse categorical (class numbers)."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from striate.training.losses import targets
from striate.training.losses.conversion import (
    EPSILON,
    Array,
    labels_like,
    pair,
    predictions_of,
    same_shape,
)
from striate.training.losses.loss import FunctionLoss
from striate.training.losses.probabilities import (
    check_axis,
    check_in_range,
    log_probabilities,
    smooth_binary,
    smooth_one_hot,
)
from striate.training.losses.reduction import MEANS
from striate.training.losses.sparse import drop_class_axis, rows_of_classes

NO_LABEL = torch.iinfo(torch.int64).min  # torch ignores label -100 unless told another number


def binary_crossentropy(
    y_true: Array,
    y_pred: Array,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """`-y log p - (1 - y) log(1 - p)`, averaged over `axis`.

    p is clipped to [1e-7, 1 - 1e-7]; from logits x the equal, stable form
    `max(x, 0) - x y + log(1 + exp(-|x|))` is used.

    Shapes: (N, ..., D) twice -> (N, ...)

    Args:
        from_logits: y_pred are values before the sigmoid.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: the axis of the average.

    Raises:
        ShapeError: the two shapes differ.

    Example:
        >>> binary_crossentropy([[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [0.4, 0.6]])
        tensor([0.9163, 0.7136])
    """
    y_true, y_pred = pair(y_true, y_pred)
    same_shape("binary_crossentropy", y_true, y_pred)
    y_true = smooth_binary(y_true, label_smoothing)
    return binary_terms(y_true, y_pred, from_logits).mean(axis)


def binary_terms(y_true: torch.Tensor, y_pred: torch.Tensor, from_logits: bool) -> torch.Tensor:
    """The binary crossentropy of each entry, neither averaged nor smoothed."""
    if from_logits:
        return F.binary_cross_entropy_with_logits(y_pred, y_true, reduction="none")
    p = y_pred.clamp(EPSILON, 1 - EPSILON)
    # F.binary_cross_entropy is one kernel, but refuses to run under CUDA autocast.
    return -(y_true * p.log() + (1 - y_true) * torch.log1p(-p))


def categorical_crossentropy(
    y_true: Array,
    y_pred: Array,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> torch.Tensor:
    """`-sum_k y_k log p_k` for one-hot (or soft) targets.

    Probabilities are divided by their sum and clipped to [1e-7, 1 - 1e-7]; logits go through
    log softmax. Keras smooths by the length of the last axis; striate by that of `axis`.

    Shapes: (N, ..., classes) twice -> (N, ...)

    Args:
        from_logits: y_pred are values before the softmax.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / classes.
        axis: the class axis.

    Raises:
        ShapeError: the two shapes differ.

    Example:
        >>> categorical_crossentropy([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor([0.0513, 2.3026])
    """
    y_true, y_pred = pair(y_true, y_pred)
    same_shape("categorical_crossentropy", y_true, y_pred)
    y_true = smooth_one_hot(y_true, label_smoothing, axis)
    return -(y_true * log_probabilities(y_pred, from_logits, axis)).sum(axis)


def sparse_categorical_crossentropy(
    y_true: Array,
    y_pred: Array,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """`-log p_y` for class numbers y; 0 where y is `ignore_class`.

    With smoothing s: `-(1 - s) log p_y - s / classes sum_k log p_k`, the categorical
    crossentropy of the smoothed one-hot row (Keras has no smoothing here).

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> (N, ...)

    Args:
        y_true: class numbers of any dtype, uint8 and float too.
        from_logits: y_pred are values before the softmax.
        ignore_class: the number of a label that does not count, inside the classes or not.
        axis: the class axis.
        label_smoothing: s in [0, 1].

    Raises:
        ShapeError: the labels do not have the shape of the predictions without the class axis.

    Example:
        >>> sparse_categorical_crossentropy([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor([0.0513, 2.3026])
    """
    y_pred = predictions_of(y_pred)
    labels = drop_class_axis(labels_like(y_true, y_pred), y_pred, axis)
    counted = None if ignore_class is None else labels != ignore_class
    index = labels if counted is None else torch.where(counted, labels, 0)
    log_p = log_probabilities(y_pred, from_logits, axis)
    values = -log_p.gather(axis, index.unsqueeze(axis)).squeeze(axis)
    if label_smoothing:
        values = (1 - label_smoothing) * values - label_smoothing * log_p.mean(axis)
    return values if counted is None else torch.where(counted, values, torch.zeros_like(values))


class BinaryCrossentropy(FunctionLoss):
    """Compares probabilities of independent yes/no questions with targets in [0, 1].

    For two classes with one sigmoid unit, or several labels per sample. Formula, clipping and the
    form for logits: `binary_crossentropy`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar; (N,) targets fit (N, 1) predictions

    Args:
        from_logits: y_pred are values before the sigmoid (steadier than the sigmoid's values).
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / 2.
        axis: the axis that is averaged first.
        reduction: see `Loss`.

    Raises:
        ArgumentError: label_smoothing outside [0, 1], axis not a whole number.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> BinaryCrossentropy()([[0.0, 1.0], [0.0, 0.0]], [[0.6, 0.4], [0.4, 0.6]])
        tensor(0.8149)
    """

    function = staticmethod(binary_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    activation = "sigmoid"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "label_smoothing", label_smoothing, 0, 1)
        check_axis(self.where, axis)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """One kernel for the mean over everything, from logits."""
        if not self.from_logits:
            return None
        y_true = smooth_binary(y_true, self.label_smoothing)
        return F.binary_cross_entropy_with_logits(y_pred, y_true)

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must lie in [0, 1] and have the output's shape."""
        targets.check_binary(y_true, output_shape, where)


class CategoricalCrossentropy(FunctionLoss):
    """Compares class probabilities with one-hot (or soft) targets.

    For class numbers use `SparseCategoricalCrossentropy`. Formula and clipping:
    `categorical_crossentropy`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        from_logits: y_pred are values before the softmax.
        label_smoothing: s in [0, 1]; targets become y (1 - s) + s / classes.
        axis: the class axis; the last one for images too, (N, H, W, classes).
        reduction: see `Loss`.

    Raises:
        ArgumentError: label_smoothing outside [0, 1], axis not a whole number.
        ShapeError: targets and predictions of different shapes.

    Example:
        >>> CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor(1.1769)

    References:
        Label smoothing: Szegedy et al. (2016), https://arxiv.org/abs/1512.00567
    """

    function = staticmethod(categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")
    activation = "softmax"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "label_smoothing", label_smoothing, 0, 1)
        check_axis(self.where, axis)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis

    def fused_mean(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """torch's cross_entropy over rows of classes, from logits."""
        if not self.from_logits:
            return None
        return F.cross_entropy(
            rows_of_classes(y_pred, self.axis),
            rows_of_classes(y_true, self.axis),
            label_smoothing=self.label_smoothing,
        )

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Targets must be finite rows with one column per class."""
        targets.check_one_hot(y_true, output_shape, where, self.axis)


class SparseCategoricalCrossentropy(FunctionLoss):
    """Compares class probabilities with class numbers.

    Formula, clipping and the shapes of labels: `sparse_categorical_crossentropy`. A label equal to
    `ignore_class` adds nothing, and the mean is over the labels that count.

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> scalar

    Args:
        from_logits: y_pred are values before the softmax.
        ignore_class: label that does not count, such as 255 for "void" in segmentation.
        reduction: see `Loss`.
        axis: the class axis; the last one for images too, (N, H, W, classes).
        label_smoothing: s in [0, 1] as in `CategoricalCrossentropy` (Keras has it only there).

    Raises:
        ArgumentError: label_smoothing outside [0, 1], axis not a whole number.
        ShapeError: the labels do not have the shape of the predictions without the class axis.

    Example:
        >>> SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor(1.1769)
    """

    function = staticmethod(sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis", "label_smoothing")
    activation = "softmax"
    integer_targets = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: torch.dtype | str | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(name, reduction, dtype)
        check_in_range(self.where, "label_smoothing", label_smoothing, 0, 1)
        check_axis(self.where, axis)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis
        self.label_smoothing = label_smoothing

    def fused(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """torch's cross_entropy over rows of classes, from logits."""
        if not self.from_logits or self.reduction not in MEANS:
            return None
        labels = drop_class_axis(labels_like(y_true, y_pred), y_pred, self.axis)
        labels = labels if labels.ndim == 1 else labels.reshape(-1)
        rows = rows_of_classes(y_pred, self.axis)
        smoothing = self.label_smoothing
        if self.ignore_class is None:
            return F.cross_entropy(rows, labels, ignore_index=NO_LABEL, label_smoothing=smoothing)
        total = F.cross_entropy(
            rows,
            labels,
            ignore_index=self.ignore_class,
            reduction="sum",
            label_smoothing=smoothing,
        )
        return total / (labels != self.ignore_class).sum().clamp(min=1)

    def mask(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor | None:
        """False at the ignored class."""
        if self.ignore_class is None:
            return None
        return drop_class_axis(labels_like(y_true, y_pred), y_pred, self.axis) != self.ignore_class

    def check_targets(
        self, y_true: Array, output_shape: tuple[int | None, ...] | None, where: str
    ) -> None:
        """Labels must be whole numbers in [0, classes), one per prediction."""
        targets.check_class_numbers(y_true, output_shape, where, self.axis, self.ignore_class)
