"""The area under a curve of rates over all thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from striate.errors import ArgumentError, ShapeError, message
from striate.training.losses.conversion import EPSILON, Array
from striate.training.losses.reduction import divide_or_zero
from striate.training.metrics.thresholds import ThresholdCounts, are_even, checked_thresholds

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATIONS = ("interpolation", "majoring", "minoring")


class AUC(ThresholdCounts):
    """The area under the ROC, precision-recall or precision-recall-gain curve.

    The curve is known at `num_thresholds` thresholds, of which the first is just below 0 and the
    last just above 1. Between them "interpolation" takes trapezoids (for PR: the interpolation of
    Davis and Goadrich), "minoring" and "majoring" the lower and upper rectangles. A batch costs
    O(N), whatever the number of thresholds.

    Shapes: y_true, y_pred (N, ...), with multi_label (N, labels) -> scalar in [0, 1]

    Args:
        num_thresholds: evenly spaced over [0, 1], >= 2.
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: "interpolation", "minoring" or "majoring".
        name: the key in logs.
        thresholds: own thresholds in [0, 1], in place of even ones; both ends are added.
        multi_label: one curve per column, then their mean.
        num_labels: number of columns, where it is known before the first batch.
        label_weights: weights of the columns, in the mean of curves (multi_label) or in the counts.
        from_logits: y_pred are values before the sigmoid.

    Raises:
        ArgumentError: unknown curve or summation_method, num_thresholds < 2, a threshold outside
            [0, 1], num_labels without multi_label.
        ShapeError: targets and predictions of different shapes, or multi_label with another rank
            than 2.

    Example:
        >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        tensor(0.7500, dtype=torch.float64)

    References:
        Davis and Goadrich (2006), https://doi.org/10.1145/1143844.1143874
        Flach and Kull (2015), Precision-Recall-Gain Curves
    """

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: torch.dtype | str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        label = f"{name or 'auc'} (AUC)"
        self.curve = _one_of(CURVES, curve, label, "curve")
        self.summation_method = _one_of(SUMMATIONS, summation_method, label, "summation_method")
        self._own = None if thresholds is None else sorted(thresholds)
        inner = self._inner_thresholds(num_thresholds, label)
        super().__init__(
            [-EPSILON, *inner, 1 + EPSILON],
            name or "auc",
            dtype,
            margin=True,
            per_column=multi_label,
        )
        self._even = self._own is None or are_even([0.0, *inner, 1.0])
        self.num_thresholds = len(self.thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self._weights = None if label_weights is None else torch.tensor(self.label_weights)
        self.from_logits = from_logits
        if num_labels:
            self._allocate_labels(num_labels)

    def update_state(
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds a batch: targets of any dtype (nonzero is positive), predictions in [0, 1]."""
        predictions = torch.as_tensor(y_pred).float()
        if self.from_logits:
            predictions = predictions.sigmoid()
        positive, predictions, weight = self._prepared(y_true, predictions, sample_weight)
        if self.multi_label:
            self._allocate(predictions)
        elif self._weights is not None:
            self._weights = self._weights.to(predictions.device)
            weight = self._weights if weight is None else weight * self._weights
        self._count(positive, predictions, weight)

    def result(self) -> torch.Tensor:
        """The area so far."""
        if self.curve == "PR" and self.summation_method == "interpolation":
            terms = self._interpolated_precision()
        else:
            x, y = self._points()
            if self.summation_method == "interpolation":
                height = (y[:-1] + y[1:]) / 2
            elif self.summation_method == "minoring":
                height = torch.minimum(y[:-1], y[1:])
            else:
                height = torch.maximum(y[:-1], y[1:])
            terms = (x[:-1] - x[1:]) * height
        areas = terms.sum(0)
        if not self.multi_label:
            return self.cast(areas)
        if self.label_weights is None:
            return self.cast(areas.mean())
        weights = areas.new_tensor(self.label_weights)
        return self.cast(divide_or_zero((areas * weights).sum(), weights.sum()))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        return config if self._own is None else {**config, "thresholds": self._own}

    def _inner_thresholds(self, num_thresholds: int, where: str) -> list[float]:
        if self._own is not None:
            return checked_thresholds(self._own, 0.5, where) if self._own else []
        if num_thresholds < 2:
            raise ArgumentError(
                message(
                    where,
                    "too few thresholds",
                    got={"num_thresholds": num_thresholds},
                    expected="num_thresholds >= 2",
                )
            )
        return [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]

    def _allocate_labels(self, num_labels: int) -> None:
        if not self.multi_label:
            raise ArgumentError(
                message(
                    self.where,
                    "num_labels is for curves per column",
                    got={"num_labels": num_labels, "multi_label": False},
                    fix="Pass multi_label=True",
                )
            )
        self.counts.allocate((num_labels, 2, self._bins))

    def _allocate(self, predictions: torch.Tensor) -> None:
        if predictions.ndim != 2:
            raise ShapeError(
                message(
                    self.where,
                    "multi_label wants a row of labels per sample",
                    got={"y_pred.shape": tuple(predictions.shape)},
                    expected="(N, labels)",
                )
            )
        if not self.counts.is_allocated:
            self._allocate_labels(predictions.shape[1])

    def _points(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The x and y of the curve at each threshold, x falling."""
        tp, fp = self.true_positives, self.false_positives
        tn, fn = self.true_negatives, self.false_negatives
        recall = divide_or_zero(tp, tp + fn)
        if self.curve == "ROC":
            return divide_or_zero(fp, fp + tn), recall
        if self.curve == "PR":
            return recall, divide_or_zero(tp, tp + fp)
        odds = divide_or_zero(tp + fn, tn + fp)
        none = tp == 0
        recall_gain = (1 - odds * divide_or_zero(fn, tp)).masked_fill(none, 0).clamp(min=0)
        return recall_gain, (1 - odds * divide_or_zero(fp, tp)).masked_fill(none, 1)

    def _interpolated_precision(self) -> torch.Tensor:
        """Areas between thresholds, TP and FP being linear in each other there.

        With slope s = dTP / dP (P = TP + FP) and TP = a + s P the precision is s + a / P, whose
        integral over recall is s (dTP + a log(P_left / P_right)) / (TP + FN).
        """
        tp, fn = self.true_positives, self.false_negatives
        predicted = tp + self.false_positives
        gained = tp[:-1] - tp[1:]
        slope = divide_or_zero(gained, (predicted[:-1] - predicted[1:]).clamp(min=0))
        start = tp[1:] - slope * predicted[1:]
        both = (predicted[:-1] > 0) & (predicted[1:] > 0)
        ratio = divide_or_zero(predicted[:-1], predicted[1:])
        ratio = torch.where(both, ratio, torch.ones_like(ratio))
        return divide_or_zero(slope * (gained + start * ratio.log()), tp[1:] + fn[1:])


def _one_of(known: tuple[str, ...], value: str, where: str, argument: str) -> str:
    for name in known:
        if str(value).lower() == name.lower():
            return name
    raise ArgumentError(
        message(
            where,
            f"unknown {argument}",
            got={argument: value},
            expected="one of " + ", ".join(map(repr, known)),
        )
    )
