"""Which values our own kernels can read: plain float32 tensors on the CPU that nobody records."""

from __future__ import annotations

import torch
from torch import Tensor


def sees(x: Tensor) -> bool:
    """Whether kernels of ours may read a tensor at its address."""
    known = type(x) in (Tensor, torch.nn.Parameter) and x.dtype is torch.float32
    return known and x.device.type == "cpu" and not x.is_neg() and not _transformed()


def _transformed() -> bool:
    """Whether somebody looks at the operations: a transform, a recording, autocast."""
    return bool(
        torch.is_autocast_enabled("cpu")
        or torch._C._are_functorch_transforms_active()
        or torch.autograd.forward_ad._current_level >= 0
        or torch._C._get_tracing_state() is not None
        or torch.compiler.is_compiling()
    )
