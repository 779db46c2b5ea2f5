"""Memory for tests of kernels: maps that end where memory ends, or lie between guards."""

from __future__ import annotations

import ctypes
import mmap

import torch
from torch import Tensor

GUARD = 64  # floats on either side of a guarded map
_SIGN = -12345.0
_NO_ACCESS = 0  # PROT_NONE
_LIBC = ctypes.CDLL(None, use_errno=True)


def at_the_end(values: Tensor) -> Tensor:
    """A copy of float32 values, in their order in memory, after which nothing may be read.

    A page that cannot be read follows the last value, so a kernel that reads on is killed.
    """
    page = mmap.PAGESIZE
    size = (values.numel() * 4 + page - 1) // page * page
    area = mmap.mmap(-1, size + page)
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    if _LIBC.mprotect(ctypes.c_void_p(start + size), page, _NO_ACCESS):
        raise OSError(ctypes.get_errno(), "mprotect")
    whole = torch.frombuffer(area, dtype=torch.float32, count=size // 4)
    copy = whole[size // 4 - values.numel() :].as_strided(values.size(), values.stride())
    return copy.copy_(values)


class Guarded:
    """An (N, C, H, W) map of `row` values a pixel, which a kernel fills, between guards.

    Args:
        sizes: N, C, H, W.
        row: values from pixel to pixel; 0: C.
        dtype: float32 or uint8.
    """

    def __init__(
        self, sizes: tuple[int, int, int, int], row: int = 0, dtype: torch.dtype = torch.float32
    ) -> None:
        n, c, h, w = sizes
        row = row or c
        self._sign = _SIGN if dtype == torch.float32 else 77
        self._all = torch.full((n * h * w * row + 2 * GUARD,), self._sign, dtype=dtype)
        inner = self._all[GUARD:-GUARD]
        self.map = inner.as_strided((n, c, h, w), (h * w * row, 1, w * row, row), GUARD)

    @property
    def untouched(self) -> bool:
        """Whether nothing outside the map was written."""
        around = self._all.clone()
        around.as_strided(self.map.size(), self.map.stride(), GUARD).fill_(self._sign)
        return bool((around == self._sign).all())
