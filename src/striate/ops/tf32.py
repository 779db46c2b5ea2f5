"""TF32: whether float32 products on NVIDIA cards may round their factors to 11 bits.

Cards from compute capability 8.0 on multiply float32 numbers several times faster if they may read
only 10 bits of each factor's fraction ("TF32"). torch allows it for convolutions and forbids it
for matrix products by default. striate says which it is: see `Model.plan`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch


@contextlib.contextmanager
def tf32(allowed: bool) -> Iterator[None]:
    """Inside the block, convolutions and matrix products of float32 may use TF32, or may not.

    The settings are torch's own, for the whole process; afterwards they are what they were.

    Example:
        >>> with tf32(True):
        ...     tf32_now()
        True
    """
    places = _places()
    before = [getattr(owner, field) for owner, field, _ in places]
    for owner, field, values in places:
        setattr(owner, field, values[allowed])
    try:
        yield
    finally:
        for (owner, field, _), value in zip(places, before, strict=True):
            setattr(owner, field, value)


def tf32_now() -> bool:
    """Whether convolutions and matrix products may both use it at present."""
    return all(getattr(owner, field) == values[True] for owner, field, values in _places())


def _places() -> list[tuple[Any, str, tuple[Any, Any]]]:
    """(owner, attribute, values for forbidden and allowed); reading old names warns in torch 2.9.

    Never both sets of names in one process: torch refuses to mix them.
    """
    new = getattr(torch.backends.cudnn, "conv", None)
    if hasattr(new, "fp32_precision"):
        owners: list[Any] = [new, torch.backends.cuda.matmul]
        return [(owner, "fp32_precision", ("ieee", "tf32")) for owner in owners]
    owners = [torch.backends.cudnn, torch.backends.cuda.matmul]
    return [(owner, "allow_tf32", (False, True)) for owner in owners]
