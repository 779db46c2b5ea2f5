"""What users pass as targets and predictions, as tensors of one precision and one device."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from striate.errors import ArgumentError, ShapeError, message

Array: TypeAlias = torch.Tensor | npt.ArrayLike

EPSILON = 1e-7
"""The fuzz of Keras: keeps probabilities off 0 and 1, and divisors off 0."""

_KEPT = (torch.float32, torch.float64)


def float_dtype(dtype: torch.dtype | str | None, where: str) -> torch.dtype | None:
    """`"float32"`, `torch.float32` or None -> a torch dtype or None.

    Raises:
        ArgumentError: the name is not a torch dtype.
    """
    if dtype is None or isinstance(dtype, torch.dtype):
        return dtype
    found = getattr(torch, str(dtype), None)
    if not isinstance(found, torch.dtype):
        raise ArgumentError(
            message(
                where,
                "unknown dtype",
                got={"dtype": str(dtype)},
                expected='a name such as "float32" or "float64"',
            )
        )
    return found


def predictions_of(y_pred: Array, dtype: torch.dtype | None = None) -> torch.Tensor:
    """The predictions as a floating tensor: half precision becomes float32, float64 stays."""
    tensor = y_pred if isinstance(y_pred, torch.Tensor) else torch.as_tensor(y_pred)
    if dtype is not None:
        return tensor.to(dtype)
    return tensor if tensor.dtype in _KEPT else tensor.float()


def targets_like(y_true: Array, y_pred: torch.Tensor) -> torch.Tensor:
    """The targets in the dtype and on the device of the predictions."""
    tensor = y_true if isinstance(y_true, torch.Tensor) else torch.as_tensor(y_true)
    if tensor.dtype is y_pred.dtype and tensor.device == y_pred.device:
        return tensor
    return tensor.to(device=y_pred.device, dtype=y_pred.dtype)


def labels_like(y_true: Array, y_pred: torch.Tensor) -> torch.Tensor:
    """The class numbers as int64, on the device of the predictions."""
    tensor = y_true if isinstance(y_true, torch.Tensor) else torch.as_tensor(y_true)
    if tensor.dtype is torch.int64 and tensor.device == y_pred.device:
        return tensor
    return tensor.to(device=y_pred.device, dtype=torch.int64)


def align_ranks(
    first: torch.Tensor, second: torch.Tensor, expand_rank_1: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:
    """Where ranks differ by one and the longer ends in 1, makes the ranks equal, as Keras does.

    (N,) against (N, 1) becomes (N, 1) twice; (N, D, 1) against (N, D) becomes (N, D) twice.

    Args:
        expand_rank_1: give the rank-1 partner the axis; otherwise drop it from the longer one.
    """
    if first.ndim == second.ndim + 1 and first.shape[-1] == 1:
        if second.ndim == 1 and expand_rank_1:
            return first, second.unsqueeze(-1)
        return first.squeeze(-1), second
    if second.ndim == first.ndim + 1 and second.shape[-1] == 1:
        if first.ndim == 1 and expand_rank_1:
            return first.unsqueeze(-1), second
        return first, second.squeeze(-1)
    return first, second


def pair(y_true: Array, y_pred: Array) -> tuple[torch.Tensor, torch.Tensor]:
    """Targets and predictions as floating tensors of one dtype, device and rank."""
    predictions = predictions_of(y_pred)
    return align_ranks(targets_like(y_true, predictions), predictions)


def same_shape(where: str, y_true: torch.Tensor, y_pred: torch.Tensor) -> None:
    """Raises ShapeError where the two shapes differ (no broadcasting between them)."""
    if y_true.shape != y_pred.shape:
        raise ShapeError(
            message(
                where,
                "targets and predictions have different shapes",
                got={"y_true.shape": tuple(y_true.shape), "y_pred.shape": tuple(y_pred.shape)},
                expected="equal shapes",
            )
        )


def host_array(y_true: Array) -> npt.NDArray[np.generic]:
    """The targets as a NumPy array (a copy only if they are on another device or bfloat16)."""
    if isinstance(y_true, torch.Tensor):
        tensor = y_true.detach().cpu()
        return np.asarray((tensor.float() if tensor.dtype is torch.bfloat16 else tensor).numpy())
    return np.asarray(y_true)
