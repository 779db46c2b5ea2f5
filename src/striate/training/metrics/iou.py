"""Intersection over union, for segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.conversion import EPSILON, Array
from striate.training.metrics.accuracies import place_of_largest
from striate.training.metrics.confusion_matrix import add_pairs, check_num_classes
from striate.training.metrics.metric import Metric


class IoU(Metric):
    """The mean over some classes of intersection over union: TP / (TP + FP + FN).

    Classes that occur neither in targets nor in predictions do not count. Unlike Keras, fractional
    sample weights stay fractional (Keras rounds them down unless dtype is given).

    Shapes: y_true, y_pred class numbers (N, ...) -> scalar in [0, 1]

    Args:
        num_classes: at least 1.
        target_class_ids: the classes whose mean is taken.
        name: the key in logs.
        ignore_class: targets of this number are not counted.
        sparse_y_true: False: targets are one-hot over `axis`.
        sparse_y_pred: False: predictions are scores over `axis`.
        axis: the class axis, where there is one.

    Raises:
        ArgumentError: num_classes < 1, or a target class outside [0, num_classes).

    Example:
        >>> IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])
        tensor(0.3333, dtype=torch.float64)
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        check_num_classes(self.where, num_classes)
        classes = [int(c) for c in target_class_ids]
        if not classes or min(classes) < 0 or max(classes) >= num_classes:
            raise ArgumentError(
                message(
                    self.where,
                    "target classes are out of range",
                    got={"target_class_ids": tuple(classes), "num_classes": num_classes},
                    expected=f"class numbers in [0, {num_classes})",
                )
            )
        self.num_classes = num_classes
        self.target_class_ids = classes
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch."""
        predictions = torch.as_tensor(y_pred)
        targets = torch.as_tensor(y_true, device=predictions.device)
        if not self.sparse_y_true:
            targets = place_of_largest(targets.movedim(self.axis, -1))
        if not self.sparse_y_pred:
            predictions = place_of_largest(predictions.movedim(self.axis, -1))
        add_pairs(self.total_cm, targets, predictions, sample_weight, self.ignore_class)

    def result(self) -> torch.Tensor:
        """The mean over the target classes so far."""
        cells = self.total_cm.value
        both = cells.diagonal()[self.target_class_ids]
        either = (cells.sum(0) + cells.sum(1))[self.target_class_ids] - both
        occurs = (either > 1e-9).to(cells.dtype)
        result = (occurs * both / (either + EPSILON)).sum() / (occurs.sum() + EPSILON)
        # Keras's "int" is the dtype of its counts; the result is a fraction all the same.
        whole = self.dtype is not None and not self.dtype.is_floating_point
        return result if whole else self.cast(result)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *names: str) -> dict[str, Any]:
        return {key: value for key, value in IoU.get_config(self).items() if key not in names}


class BinaryIoU(IoU):
    """Intersection over union of scores on either side of a threshold.

    Shapes: y_true 0 or 1, y_pred scores (N, ...) -> scalar in [0, 1]

    Args:
        target_class_ids: (0, 1) for the mean of background and foreground, (1,) for one.
        threshold: scores at or above it are class 1.
        name: the key in logs.

    Raises:
        ArgumentError: a target class is neither 0 nor 1.

    Example:
        >>> BinaryIoU((0, 1), threshold=0.3)([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7])
        tensor(0.3333, dtype=torch.float64)
    """

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch."""
        super().update_state(y_true, torch.as_tensor(y_pred) >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        kept = self._config_without(
            "num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis"
        )
        return {**kept, "threshold": self.threshold}


class MeanIoU(IoU):
    """Intersection over union, averaged over all classes that occur.

    Shapes: y_true, y_pred class numbers (N, ...) -> scalar in [0, 1]

    Args:
        num_classes: at least 1.
        name: the key in logs.
        ignore_class: targets of this number are not counted.
        sparse_y_true: False: targets are one-hot over `axis`.
        sparse_y_pred: False: predictions are scores over `axis`, as a softmax gives them.
        axis: the class axis, where there is one.

    Raises:
        ArgumentError: num_classes < 1.

    Example:
        >>> MeanIoU(num_classes=2)([0, 0, 1, 1], [0, 1, 0, 1])
        tensor(0.3333, dtype=torch.float64)
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        every = range(num_classes) if isinstance(num_classes, int) else ()
        super().__init__(
            num_classes, every, name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """`IoU` of one-hot targets and scores.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        num_classes: at least 1.
        target_class_ids: the classes whose mean is taken.
        name: the key in logs.
        ignore_class: targets of this number are not counted.
        sparse_y_pred: True: predictions are class numbers.
        axis: the class axis.

    Raises:
        ArgumentError: num_classes < 1, or a target class outside [0, num_classes).

    Example:
        >>> OneHotIoU(2, [0])([[1, 0], [1, 0]], [[0.7, 0.3], [0.2, 0.8]])
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` of one-hot targets and scores.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        num_classes: at least 1.
        name: the key in logs.
        ignore_class: targets of this number are not counted.
        sparse_y_pred: True: predictions are class numbers.
        axis: the class axis.

    Raises:
        ArgumentError: num_classes < 1.

    Example:
        >>> OneHotMeanIoU(2)([[1, 0], [1, 0]], [[0.7, 0.3], [0.2, 0.8]])
        tensor(0.2500, dtype=torch.float64)
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return self._config_without("target_class_ids", "sparse_y_true")
