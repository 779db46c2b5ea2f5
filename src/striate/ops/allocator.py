"""Keeps large blocks of memory in the process, instead of asking the system for them each step.

glibc gives blocks above some size back to the system as soon as they are freed. The next step
asks for them again, and the system hands out new pages, each of which must be faulted in and
filled with zeros first: on small networks that is a large part of a training step. Three
settings of glibc change it for the whole process: blocks are taken from its heap
(M_MMAP_THRESHOLD), the top of the heap is not given back (M_TRIM_THRESHOLD) and grows in large
pieces (M_TOP_PAD). The price: memory that was once used stays with the process until it ends.

`STRIATE_ALLOCATOR=off` in the environment leaves glibc as it is. Elsewhere than on glibc nothing
is done.

References: mallopt(3), https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

from __future__ import annotations

import ctypes
import os
import platform

VARIABLE = "STRIATE_ALLOCATOR"
_SETTINGS = (  # number in malloc.h, value; a value of 2^30 is above any single tensor of a step
    (-3, 1 << 30),  # M_MMAP_THRESHOLD
    (-1, (1 << 31) - 1),  # M_TRIM_THRESHOLD
    (-2, 64 << 20),  # M_TOP_PAD
)
_state = ""


def keep_large_blocks() -> str:
    """Applies the settings, once per process; `fit`, `evaluate` and `predict` call it.

    Returns:
        "on", or why not: "off: ..." with the reason.

    Example:
        >>> keep_large_blocks()[:2] in ("on", "of")
        True
    """
    global _state
    if not _state:
        _state = _apply()
    return _state


def _apply() -> str:
    if os.environ.get(VARIABLE, "").lower() in ("off", "0", "no"):
        return f"off: {VARIABLE} says so"
    if platform.libc_ver()[0] != "glibc":
        return "off: the C library is not glibc"
    if any(name in os.environ.get("LD_PRELOAD", "") for name in ("jemalloc", "tcmalloc")):
        return "off: another allocator is preloaded"
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return "off: the C library has no mallopt"
    taken = [mallopt(number, value) == 1 for number, value in _SETTINGS]
    return "on" if all(taken) else "off: glibc refused a setting"
