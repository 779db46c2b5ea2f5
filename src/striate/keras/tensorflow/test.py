"""tf.test: whether there is a card."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["gpu_device_name", "is_built_with_cuda", "is_gpu_available"]


def is_gpu_available(*_: Any, **__: Any) -> bool:
    """Whether there is a card."""
    return torch.cuda.is_available()


def gpu_device_name() -> str:
    """The name of the first card; empty without one."""
    return "/device:GPU:0" if torch.cuda.is_available() else ""


def is_built_with_cuda() -> bool:
    """Whether this torch could use a card."""
    out: bool = torch.backends.cuda.is_built()
    return out
