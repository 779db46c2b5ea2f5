"""Tensors that end where memory that may be touched ends: a read or write beyond is a crash."""

from __future__ import annotations

import ctypes
import math
import mmap

import torch

_PAGE = mmap.PAGESIZE
_libc = ctypes.CDLL(None, use_errno=True)


def fenced(values: torch.Tensor) -> torch.Tensor:
    """A copy with the same strides, in pages of its own, with a forbidden page behind.

    Args:
        values: of float32 or bytes, that fills its memory without gaps.
    """
    size = values.numel() * values.element_size()
    pages = math.ceil(size / _PAGE)
    memory = mmap.mmap(-1, (pages + 1) * _PAGE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    if _libc.mprotect(ctypes.c_void_p(start + pages * _PAGE), _PAGE, 0):
        raise OSError(ctypes.get_errno(), "mprotect failed")
    offset = pages * _PAGE - size
    flat = torch.frombuffer(memory, dtype=values.dtype, count=values.numel(), offset=offset)
    return flat.as_strided(values.shape, values.stride()).copy_(values)
