"""The dense product."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def dense(x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """x @ kernel + bias over the last axis: (..., in), (in, out) -> (..., out)."""
    return F.linear(x, kernel.t(), bias)
