"""Arrays brought to length 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.data.leaves import is_tensor


def normalize(x: Any, axis: int = -1, order: float = 2) -> Any:
    """Divides by the norm along an axis, as Keras does; what is all 0 stays so.

    Args:
        x: an array, or a tensor, which gives a tensor.
        axis: along which the norm is 1 afterwards.
        order: of the norm.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]]).tolist()
        [[0.6, 0.8], [0.0, 0.0]]
    """
    if is_tensor(x):
        import torch

        length = torch.linalg.vector_norm(x.float(), order, axis, keepdim=True)
        return x / length.where(length != 0, 1.0)
    values = np.asarray(x)
    length = np.linalg.norm(values, order, axis, keepdims=True)
    return values / np.where(length == 0, 1, length)
