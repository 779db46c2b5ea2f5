"""Class numbers against predictions with a class axis: shapes of the one from the other."""

from __future__ import annotations

import torch

from striate.errors import ShapeError, message


def drop_class_axis(labels: torch.Tensor, y_pred: torch.Tensor, axis: int) -> torch.Tensor:
    """Labels in the shape of the predictions without their class axis.

    Shapes: labels (N, ...) or (N, ..., 1), y_pred (N, ..., classes) -> (N, ...)

    Raises:
        ShapeError: they do not have that shape.
    """
    wanted = list(y_pred.shape)
    if wanted:
        del wanted[axis]
    if list(labels.shape) == wanted:
        return labels
    if labels.ndim == y_pred.ndim and labels.ndim and labels.shape[axis] == 1:
        labels = labels.squeeze(axis)
    if list(labels.shape) != wanted:
        raise ShapeError(
            message(
                "sparse_categorical_crossentropy",
                "labels do not fit the predictions",
                got={"y_true.shape": tuple(labels.shape), "y_pred.shape": tuple(y_pred.shape)},
                expected=f"y_true.shape={tuple(wanted)}, one class number per prediction",
            )
        )
    return labels


def rows_of_classes(values: torch.Tensor, axis: int) -> torch.Tensor:
    """(N, ..., classes) -> (N * ..., classes): a view of contiguous values with axis=-1."""
    if values.ndim == 2 and axis in (-1, 1):
        return values
    return values.movedim(axis, -1).reshape(-1, values.shape[axis])
