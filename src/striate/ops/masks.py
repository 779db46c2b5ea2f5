"""Masks on tensors: an attribute that says which steps of a sequence count."""

from __future__ import annotations

from typing import Any

from torch import Tensor

ATTRIBUTE = "_striate_mask"


def mask_of(value: Any) -> Any:
    """The mask of a tensor; None if all of it counts."""
    return getattr(value, ATTRIBUTE, None)


def attach(value: Any, mask: Any) -> Any:
    """The tensor with a mask."""
    if isinstance(value, Tensor) and mask is not None:
        setattr(value, ATTRIBUTE, mask)
    return value
