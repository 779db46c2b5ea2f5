"""How often each class was taken for each other one."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.conversion import Array
from striate.training.losses.reduction import divide_or_zero, with_trailing_axes
from striate.training.metrics.accuracies import place_of_largest
from striate.training.metrics.metric import Metric
from striate.training.metrics.variable import MetricVariable

NORMALIZATIONS = (None, "true", "pred", "all")


def check_num_classes(where: str, num_classes: object) -> None:
    """Raises ArgumentError unless the number of classes is a whole number of at least 1."""
    if isinstance(num_classes, bool) or not isinstance(num_classes, int) or num_classes < 1:
        raise ArgumentError(
            message(
                where,
                "there must be classes to count",
                got={"num_classes": num_classes},
                expected="num_classes >= 1",
            )
        )


def add_pairs(
    matrix: MetricVariable,
    y_true: torch.Tensor,
    y_pred: torch.Tensor,
    sample_weight: Array | None,
    ignore_class: int | None = None,
) -> None:
    """Adds each (target, prediction) to its cell; numbers outside the matrix add nothing.

    Shapes: y_true, y_pred (N, ...) whole numbers; matrix (classes, classes); sample_weight (N,)
        or broadcastable
    """
    cells = matrix.place(y_pred.device)
    classes = cells.shape[0]
    targets, predictions = y_true.long().reshape(-1), y_pred.long().reshape(-1)
    inside = (targets >= 0) & (targets < classes) & (predictions >= 0) & (predictions < classes)
    if ignore_class is not None:
        inside &= targets != ignore_class
    index = torch.where(inside, targets * classes + predictions, 0)
    weight = inside.to(cells.dtype)
    if sample_weight is not None:
        given = torch.as_tensor(sample_weight, device=y_pred.device).to(cells.dtype)
        if given.ndim == y_true.ndim + 1 and given.shape[-1] == 1:
            given = given.squeeze(-1)
        given = with_trailing_axes(given, y_true).broadcast_to(y_true.shape)
        weight = torch.where(inside, given.reshape(-1), weight)
    cells.view(-1).index_add_(0, index, weight)


class ConfusionMatrix(Metric):
    """How often class i (row) was predicted as class j (column).

    Not in Keras; the words are scikit-learn's. Targets are class numbers or one-hot rows,
    predictions scores of the classes, one score (two classes, threshold 0.5) or class numbers;
    which one is seen from the shapes (floats with num_classes in the last axis are scores).
    Numbers outside the classes are not counted.

    Shapes: y_true (N, ...), (N, ..., 1) or (N, ..., num_classes), y_pred (N, ..., num_classes),
        (N, ..., 1) or (N, ...) -> (num_classes, num_classes)

    Args:
        num_classes: at least 1.
        normalize: None: counts; "true": each row sums to 1; "pred": each column; "all": the whole.
            Rows, columns without counts stay 0.
        name: the key in logs.

    Raises:
        ArgumentError: num_classes < 1 or unknown normalize.

    Example:
        >>> ConfusionMatrix(2)([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
        tensor([[1., 0.],
                [1., 1.]], dtype=torch.float64)
    """

    def __init__(
        self,
        num_classes: int,
        normalize: str | None = None,
        name: str | None = "confusion_matrix",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        check_num_classes(self.where, num_classes)
        if normalize not in NORMALIZATIONS:
            raise ArgumentError(
                message(
                    self.where,
                    "unknown normalize",
                    got={"normalize": normalize},
                    expected=f"one of {NORMALIZATIONS}",
                )
            )
        self.num_classes = num_classes
        self.normalize = normalize
        self.matrix = self.add_variable((num_classes, num_classes), name="matrix")

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch."""
        predictions = torch.as_tensor(y_pred)
        targets = torch.as_tensor(y_true, device=predictions.device)
        of_targets, of_predictions = self._have_class_axis(targets, predictions)
        chosen = _numbers(predictions, of_predictions)
        if chosen.is_floating_point() and self.num_classes == 2:
            chosen = chosen > 0.5
        add_pairs(self.matrix, _numbers(targets, of_targets), chosen, sample_weight)

    def result(self) -> torch.Tensor:
        """The matrix so far."""
        cells = self.matrix.value
        if self.normalize is None:
            return self.cast(cells.clone())
        axes: dict[str, tuple[int, ...]] = {"true": (1,), "pred": (0,), "all": (0, 1)}
        total = cells.sum(axes[self.normalize], keepdim=True)
        return self.cast(divide_or_zero(cells, total.expand_as(cells)))

    def _have_class_axis(
        self, targets: torch.Tensor, predictions: torch.Tensor
    ) -> tuple[bool, bool]:
        """Whether the last axis of each holds classes (or a single 1), not samples."""
        if targets.ndim != predictions.ndim:
            return targets.ndim > predictions.ndim, predictions.ndim > targets.ndim
        if predictions.ndim < 2:
            return False, False
        column = predictions.shape[-1] == 1 or targets.shape[-1] == 1
        scores = predictions.is_floating_point() and predictions.shape[-1] == self.num_classes
        return column or scores, column or scores

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            "num_classes": self.num_classes,
            "normalize": self.normalize,
            **super().get_config(),
        }


def _numbers(values: torch.Tensor, have_class_axis: bool) -> torch.Tensor:
    """Class numbers (or single scores) without the class axis."""
    if not have_class_axis:
        return values
    return values.squeeze(-1) if values.shape[-1] == 1 else place_of_largest(values)
