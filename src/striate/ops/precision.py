"""Which machines multiply a half type faster than float32."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch


@cache
def fast_bfloat16(device: str) -> str:
    """ "" if a type of device multiplies bfloat16 faster than float32, else why it does not.

    CUDA devices from compute capability 8.0 on do, CPUs with AMX, and AMD's with AVX512-BF16. torch
    computes bfloat16 elsewhere, too, but by way of float32, which is slower than float32 itself.

    Example:
        >>> fast_bfloat16("meta")
        'devices of type meta are not known to multiply bfloat16 natively'
    """
    if device == "cpu":
        return _reason_of_cpu()
    if device == "cuda":
        major, minor = torch.cuda.get_device_capability()
        if major >= 8:
            return ""
        return f"compute capability {major}.{minor} is below 8.0"
    return f"devices of type {device} are not known to multiply bfloat16 natively"


def _reason_of_cpu() -> str:
    """Of the same kind; older torch does not tell all, and what it does not tell is not there."""
    amx, dot = "_is_amx_tile_supported", "_is_avx512_bf16_supported"
    if getattr(torch.cpu, amx, bool)():
        return ""
    if not getattr(torch.cpu, dot, bool)():
        return "this CPU has neither AVX512-BF16 nor AMX"
    # VDPBF16PS, two products in each of 16 sums. Intel's cores begin one in two cycles, and four
    # FMAs of float32 in the same time: half the rate (Emerald Rapids in a virtual machine that
    # hides AMX: 1.4 G against 5.5 G instructions/s). Zen 4 begins one of either a cycle: twice it.
    told: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    if str(told.get("cpu_name")).startswith("Intel"):
        return "without AMX, an Intel CPU multiplies bfloat16 at half the rate of float32"
    return ""


def fast_half(device: str) -> tuple[str, str]:
    """The half type that products of a device gain by, and "", or "float32" and why none.

    bfloat16 where it is faster. NVIDIA cards of compute capability 7 (Volta, Turing) multiply
    float16 natively instead; its numbers end at 65504, so gradients need a scaled loss.

    Example:
        >>> fast_half("meta")[0]
        'float32'
    """
    reason = fast_bfloat16(device)
    if not reason:
        return "bfloat16", ""
    if device == "cuda" and torch.cuda.get_device_capability() >= (7, 0):
        return "float16", ""
    return "float32", reason
