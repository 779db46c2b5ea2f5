"""Crossentropies and divergences as metrics: the mean over all samples."""

from __future__ import annotations

import torch

from striate.training.losses.conversion import Array, labels_like, predictions_of
from striate.training.losses.crossentropy import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from striate.training.losses.divergence import kl_divergence, poisson
from striate.training.losses.reduction import with_trailing_axes
from striate.training.losses.sparse import drop_class_axis
from striate.training.metrics.function_metric import FunctionMetric


class BinaryCrossentropy(FunctionMetric):
    """The mean binary crossentropy. Formula: `losses.binary_crossentropy`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.
        from_logits: y_pred are values before the sigmoid.
        label_smoothing: s in [0, 1].

    Example:
        >>> BinaryCrossentropy()([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
        tensor(0.8149, dtype=torch.float64)
    """

    function = staticmethod(binary_crossentropy)
    arguments = ("from_logits", "label_smoothing")

    def __init__(
        self,
        name: str | None = "binary_crossentropy",
        dtype: torch.dtype | str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing


class CategoricalCrossentropy(FunctionMetric):
    """The mean categorical crossentropy. Formula: `losses.categorical_crossentropy`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        name: the key in logs.
        from_logits: y_pred are values before the softmax.
        label_smoothing: s in [0, 1].
        axis: the class axis.

    Example:
        >>> CategoricalCrossentropy()([[0, 1, 0], [0, 0, 1]], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor(1.1769, dtype=torch.float64)
    """

    function = staticmethod(categorical_crossentropy)
    arguments = ("from_logits", "label_smoothing", "axis")

    def __init__(
        self,
        name: str | None = "categorical_crossentropy",
        dtype: torch.dtype | str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.label_smoothing = label_smoothing
        self.axis = axis


class SparseCategoricalCrossentropy(FunctionMetric):
    """The mean crossentropy for class numbers. Formula: `losses.sparse_categorical_crossentropy`.

    As in Keras, labels equal to `ignore_class` add 0; they leave the count only where sample
    weights are given.

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> scalar

    Args:
        name: the key in logs.
        from_logits: y_pred are values before the softmax.
        ignore_class: label that adds nothing.
        axis: the class axis.

    Example:
        >>> SparseCategoricalCrossentropy()([1, 2], [[0.05, 0.95, 0], [0.1, 0.8, 0.1]])
        tensor(1.1769, dtype=torch.float64)
    """

    function = staticmethod(sparse_categorical_crossentropy)
    arguments = ("from_logits", "ignore_class", "axis")

    def __init__(
        self,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: torch.dtype | str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        super().__init__(name, dtype)
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        self.axis = axis

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the values of a batch."""
        if sample_weight is not None and self.ignore_class is not None:
            y_pred = predictions_of(y_pred)
            labels = drop_class_axis(labels_like(y_true, y_pred), y_pred, self.axis)
            counted = (labels != self.ignore_class).to(y_pred.dtype)
            weight = torch.as_tensor(sample_weight, device=y_pred.device)
            sample_weight = counted * with_trailing_axes(weight, counted)
        super().update_state(y_true, y_pred, sample_weight)


class KLDivergence(FunctionMetric):
    """The mean Kullback-Leibler divergence. Formula: `losses.kl_divergence`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> KLDivergence()([[0.5, 0.5]], [[0.25, 0.75]])
        tensor(0.1438, dtype=torch.float64)
    """

    function = staticmethod(kl_divergence)

    def __init__(
        self, name: str | None = "kl_divergence", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)


class Poisson(FunctionMetric):
    """The mean Poisson loss. Formula: `losses.poisson`.

    Shapes: y_true, y_pred (N, ..., D) -> scalar

    Args:
        name: the key in logs.

    Example:
        >>> Poisson()([[0.0, 2.0]], [[1.0, 1.0]])
        tensor(1.0000, dtype=torch.float64)
    """

    function = staticmethod(poisson)

    def __init__(
        self, name: str | None = "poisson", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)
