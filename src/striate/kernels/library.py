"""The compiled kernels: whether they are there, and their functions.

They are built with the package where a C++ compiler is (`setup.py`); where not, or where the
processor lacks AVX-512, everything runs on torch's own kernels, and the plan says so.

`STRIATE_KERNELS=off` in the environment leaves them unused.
"""

from __future__ import annotations

import ctypes
import os
import platform
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import torch

from striate.errors import KernelError, message
from striate.kernels.sources import stamp

VARIABLE = "STRIATE_KERNELS"
_STATUS = {1: "no memory for scratch", 2: "the kernel does not do this shape"}


@cache
def missing() -> str:
    """ "" if the kernels can run here, else why not."""
    if os.environ.get(VARIABLE, "").lower() in ("off", "0", "no"):
        return f"{VARIABLE} says so"
    if platform.machine() not in ("x86_64", "AMD64"):
        return f"there are none for {platform.machine()} processors"
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        return "the processor has no AVX-512"
    if _file() is None:
        return "they were not compiled when striate was installed (is there a C++ compiler?)"
    try:
        compiled = _compiled()
    except OSError as error:  # such as OpenMP's library, which is not on this machine
        return f"they cannot be loaded: {error}"
    there = stamp(Path(__file__).parent / "native")  # a wheel has no sources
    if there and compiled != there:
        return "their sources are newer: `python setup.py build_ext --inplace` compiles them"
    return ""


@cache
def bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 (AVX512_BF16)."""
    return not missing() and bool(torch.cpu._is_avx512_bf16_supported())


def function(name: str, *arguments: Any, result: Any = ctypes.c_int32) -> Any:
    """A function of the library, with the types of its arguments and its result.

    Raises:
        KernelError: the kernels cannot run here.
    """
    reason = missing()
    if reason:
        raise KernelError(message("kernels", "cannot run here", got={"reason": reason}))
    found = getattr(_library(), name)
    found.argtypes, found.restype = arguments, result
    return found


def address(name: str) -> int:
    """Where a function of the library lies, for native code that calls it."""
    return ctypes.cast(getattr(_library(), name), ctypes.c_void_p).value or 0


def check(status: int, kernel: str) -> None:
    """A `KernelError` unless a kernel succeeded."""
    if status:
        raise KernelError(message(kernel, _STATUS.get(status, f"failed with status {status}")))


def threads() -> int:
    """Threads that a kernel may use: as many as torch's."""
    return torch.get_num_threads()


def _compiled() -> str:
    """The checksum of the sources that the library was compiled from."""
    told = getattr(_library(), "kernel_sources", None)
    if told is None:
        return ""
    told.restype = ctypes.c_char_p
    return str(told().decode())


def _file() -> Path | None:
    folder = Path(__file__).parent
    found = (folder / f"_native{suffix}" for suffix in EXTENSION_SUFFIXES)
    return next((path for path in found if path.exists()), None)


@cache
def _library() -> ctypes.CDLL:
    # torch is loaded before it, so both share one pool of OpenMP threads
    return ctypes.CDLL(str(_file()))
