"""Log probabilities, label smoothing and the argument checks that the crossentropies share."""

from __future__ import annotations

import torch

from striate.errors import ArgumentError, message
from striate.training.losses.conversion import EPSILON


def log_probabilities(y_pred: torch.Tensor, from_logits: bool, axis: int) -> torch.Tensor:
    """Log probabilities over the class axis.

    From logits: log softmax. From probabilities, as Keras: divided by their sum, clipped to
    [1e-7, 1 - 1e-7], then the logarithm (so the gradient is 0 where the clip acts).

    Shapes: (..., classes, ...) -> the same
    """
    if from_logits:
        return torch.log_softmax(y_pred, axis)
    normalized = y_pred / y_pred.sum(axis, keepdim=True)
    return normalized.clamp(EPSILON, 1 - EPSILON).log()


def smooth_one_hot(y_true: torch.Tensor, label_smoothing: float, axis: int) -> torch.Tensor:
    """`y (1 - s) + s / classes`."""
    if not label_smoothing:
        return y_true
    return y_true * (1 - label_smoothing) + label_smoothing / y_true.shape[axis]


def smooth_binary(y_true: torch.Tensor, label_smoothing: float) -> torch.Tensor:
    """`y (1 - s) + s / 2`."""
    if not label_smoothing:
        return y_true
    return y_true * (1 - label_smoothing) + label_smoothing / 2


def check_axis(where: str, axis: object) -> None:
    """Raises ArgumentError unless the axis is a whole number."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise ArgumentError(
            message(where, "the class axis is not a whole number", got={"axis": axis})
        )


def check_in_range(where: str, name: str, value: float, low: float, high: float) -> None:
    """Raises ArgumentError unless low <= value <= high."""
    if not low <= value <= high:
        limits = f">= {low:g}" if high == float("inf") else f"in [{low:g}, {high:g}]"
        raise ArgumentError(
            message(
                where, f"{name} is out of range", got={name: value}, expected=f"{name} {limits}"
            )
        )
