"""Constants: numbers of a layer's configuration as tensors, made once per device."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor


def constant(values: Any, like: Tensor) -> Tensor:
    """Numbers as a tensor beside another one, in its type; float32 beside whole numbers.

    Made anew at each call it would be copied to the device each time, which the host waits for.

    Args:
        values: a number, or a tuple of them.
        like: the tensor it is used with.

    Example:
        >>> constant((0.5, 2.0), torch.zeros(2, dtype=torch.uint8))
        tensor([0.5000, 2.0000])
    """
    return _made(values, like.dtype if like.is_floating_point() else torch.float32, like.device)


@lru_cache(maxsize=256)
def _made(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device)
