"""Accuracies: how often predictions match their targets."""

from __future__ import annotations

from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.conversion import Array, align_ranks
from striate.training.metrics.mean import Mean

# Functions named `..._matches` return bool, which metrics sum exactly and without a conversion;
# the public functions return the same as float32, as in Keras.


def accuracy(y_true: Array, y_pred: Array) -> torch.Tensor:
    """1 where the prediction equals the target, else 0.

    Shapes: (N, ...) twice -> (N, ...)

    Example:
        >>> accuracy([1, 2, 3], [1, 0, 3])
        tensor([1., 0., 1.])
    """
    return equal_matches(*_tensors(y_true, y_pred)).float()


def binary_accuracy(y_true: Array, y_pred: Array, threshold: float = 0.5) -> torch.Tensor:
    """1 where (prediction > threshold) equals the target, else 0.

    Shapes: (N, ...) twice -> (N, ...)

    Args:
        threshold: in the unit of the predictions; a prediction equal to it counts as 0.

    Example:
        >>> binary_accuracy([[1], [1]], [[0.7], [0.3]])
        tensor([[1.],
                [0.]])
    """
    return binary_matches(*_tensors(y_true, y_pred), threshold).float()


def categorical_accuracy(y_true: Array, y_pred: Array) -> torch.Tensor:
    """1 where target and prediction have their largest entry at the same class, else 0.

    Shapes: (N, ..., classes) twice -> (N, ...)

    Example:
        >>> categorical_accuracy([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        tensor([0., 1.])
    """
    return categorical_matches(*_tensors(y_true, y_pred)).float()


def sparse_categorical_accuracy(y_true: Array, y_pred: Array) -> torch.Tensor:
    """1 where the class number is that of the largest prediction, else 0.

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> (N, ...)

    Example:
        >>> sparse_categorical_accuracy([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        tensor([0., 1.])
    """
    return sparse_matches(*_tensors(y_true, y_pred)).float()


def top_k_categorical_accuracy(y_true: Array, y_pred: Array, k: int = 5) -> torch.Tensor:
    """1 where the class of the one-hot target is among the k largest predictions, else 0.

    Shapes: (N, ..., classes) twice -> (N, ...)

    Args:
        k: at least 1; with k >= classes all match.

    Example:
        >>> rows = [[0.1, 0.9, 0.8], [0.05, 0.95, 0]]
        >>> top_k_categorical_accuracy([[0, 0, 1], [0, 0, 1]], rows, k=2)
        tensor([1., 0.])
    """
    targets, predictions = _tensors(y_true, y_pred)
    return top_k_matches(place_of_largest(targets), predictions, k).float()


def sparse_top_k_categorical_accuracy(
    y_true: Array, y_pred: Array, k: int = 5, from_sorted_ids: bool = False
) -> torch.Tensor:
    """1 where the class number is among the k largest predictions, else 0.

    Classes tied with the k-th largest count as among them, as in Keras on torch.

    Shapes: y_true (N, ...), y_pred (N, ..., classes) -> (N, ...)

    Args:
        k: at least 1; with k >= classes all match.
        from_sorted_ids: y_pred are class numbers, best first, in place of scores.

    Example:
        >>> sparse_top_k_categorical_accuracy([2, 2], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]], k=2)
        tensor([1., 0.])
    """
    targets, predictions = _tensors(y_true, y_pred)
    match = sorted_ids_matches if from_sorted_ids else top_k_matches
    return match(targets, predictions, k).float()


def equal_matches(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """Equality in the dtype of the predictions."""
    y_true, y_pred = align_ranks(y_true, y_pred)
    return y_true.to(y_pred.dtype) == y_pred


def binary_matches(y_true: torch.Tensor, y_pred: torch.Tensor, threshold: float) -> torch.Tensor:
    """Whether each target is 1 where the prediction is above the threshold, 0 elsewhere."""
    y_true, y_pred = align_ranks(y_true, y_pred)
    return (y_pred > threshold) == y_true


def categorical_matches(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """Whether both rows have their largest entry at the same place."""
    return place_of_largest(y_true) == y_pred.argmax(-1)


def place_of_largest(rows: torch.Tensor) -> torch.Tensor:
    """argmax over the last axis; of bool rows too, which torch refuses."""
    return (rows.byte() if rows.dtype is torch.bool else rows).argmax(-1)


def sparse_matches(y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
    """Whether the class number is the place of the largest entry."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    return y_pred.argmax(-1) == y_true


def top_k_matches(y_true: torch.Tensor, y_pred: torch.Tensor, k: int) -> torch.Tensor:
    """Whether fewer than k predictions are above that of the class number."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    own = y_pred.gather(-1, y_true.long().unsqueeze(-1))
    # Not "above" but "not at most": a prediction of the class that is not a number is no match.
    return (~(y_pred <= own)).sum(-1) < k


def sorted_ids_matches(y_true: torch.Tensor, y_pred: torch.Tensor, k: int) -> torch.Tensor:
    """Whether the class number is among the first k."""
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = y_true.squeeze(-1)
    return (y_pred[..., :k] == y_true.unsqueeze(-1)).any(-1)


class Accuracy(Mean):
    """How often predictions equal targets. Formula: `accuracy`.

    For class numbers on both sides; the string "accuracy" means the accuracy that fits the output
    (see `metrics.get`).

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]

    Args:
        name: the key in logs.

    Example:
        >>> Accuracy()([1, 2, 3, 4], [0, 2, 3, 4])
        tensor(0.7500, dtype=torch.float64)
    """

    def __init__(
        self, name: str | None = "accuracy", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Array, y_pred: Array, sample_weight: Array | None = None
    ) -> None:
        """Adds the matches of a batch."""
        self.add(self.matches(*_tensors(y_true, y_pred)), sample_weight)

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        return equal_matches(y_true, y_pred)


class BinaryAccuracy(Accuracy):
    """How often predictions are on the right side of a threshold. Formula: `binary_accuracy`.

    Shapes: y_true, y_pred (N, ...) -> scalar in [0, 1]; (N,) targets fit (N, 1) predictions

    Args:
        name: the key in logs.
        threshold: predictions above it count as 1; 0.5 for probabilities, 0 for logits.

    Example:
        >>> BinaryAccuracy()([[1], [1], [0], [0]], [[0.98], [1], [0], [0.6]])
        tensor(0.7500, dtype=torch.float64)
    """

    def __init__(
        self,
        name: str | None = "binary_accuracy",
        dtype: torch.dtype | str | None = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = threshold

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        return binary_matches(y_true, y_pred, self.threshold)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "threshold": self.threshold}


class CategoricalAccuracy(Accuracy):
    """How often the largest prediction is at the class of a one-hot target.

    Formula: `categorical_accuracy`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        name: the key in logs.

    Example:
        >>> CategoricalAccuracy()([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(
        self, name: str | None = "categorical_accuracy", dtype: torch.dtype | str | None = None
    ) -> None:
        super().__init__(name, dtype)

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        return categorical_matches(y_true, y_pred)


class SparseCategoricalAccuracy(Accuracy):
    """How often the largest prediction is at the class number.

    Formula: `sparse_categorical_accuracy`.

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        name: the key in logs.

    Example:
        >>> SparseCategoricalAccuracy()([2, 1], [[0.1, 0.6, 0.3], [0.05, 0.95, 0]])
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(
        self,
        name: str | None = "sparse_categorical_accuracy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        return sparse_matches(y_true, y_pred)


class TopKCategoricalAccuracy(Accuracy):
    """How often the class of a one-hot target is among the k largest predictions.

    Formula: `top_k_categorical_accuracy`.

    Shapes: y_true, y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        k: at least 1; with k >= classes the result is 1.
        name: the key in logs.

    Raises:
        ArgumentError: k is less than 1.

    Example:
        >>> metric = TopKCategoricalAccuracy(k=1)
        >>> metric([[0, 0, 1], [0, 1, 0]], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "top_k_categorical_accuracy",
        dtype: torch.dtype | str | None = None,
    ) -> None:
        super().__init__(name, dtype)
        check_k(self.where, k)
        self.k = k

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        return top_k_matches(place_of_largest(y_true), y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "k": self.k}


class SparseTopKCategoricalAccuracy(Accuracy):
    """How often the class number is among the k largest predictions.

    Formula: `sparse_top_k_categorical_accuracy`.

    Shapes: y_true (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> scalar in [0, 1]

    Args:
        k: at least 1; with k >= classes the result is 1.
        name: the key in logs.
        from_sorted_ids: y_pred are class numbers, best first, in place of scores.

    Raises:
        ArgumentError: k is less than 1.

    Example:
        >>> metric = SparseTopKCategoricalAccuracy(k=1)
        >>> metric([2, 1], [[0.1, 0.9, 0.8], [0.05, 0.95, 0]])
        tensor(0.5000, dtype=torch.float64)
    """

    def __init__(
        self,
        k: int = 5,
        name: str | None = "sparse_top_k_categorical_accuracy",
        dtype: torch.dtype | str | None = None,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(name, dtype)
        check_k(self.where, k)
        self.k = k
        self.from_sorted_ids = from_sorted_ids

    def matches(self, y_true: torch.Tensor, y_pred: torch.Tensor) -> torch.Tensor:
        """True where a prediction is right."""
        match = sorted_ids_matches if self.from_sorted_ids else top_k_matches
        return match(y_true, y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "k": self.k, "from_sorted_ids": self.from_sorted_ids}


def check_k(where: str, k: int) -> None:
    """Raises ArgumentError unless k is a whole number of at least 1."""
    if isinstance(k, bool) or not isinstance(k, int) or k < 1:
        raise ArgumentError(
            message(where, "k is no number of classes", got={"k": k}, expected="k >= 1")
        )


def _tensors(y_true: Array, y_pred: Array) -> tuple[torch.Tensor, torch.Tensor]:
    predictions = y_pred if isinstance(y_pred, torch.Tensor) else torch.as_tensor(y_pred)
    return torch.as_tensor(y_true, device=predictions.device), predictions
