"""Which machines multiply bfloat16 natively."""

from __future__ import annotations

from functools import cache

import torch


@cache
def native_bfloat16(device: str) -> str:
    """ "" if a type of device multiplies bfloat16 natively, else why it counts as if it did not.

    CPUs with AVX512-BF16 or AMX do, and CUDA devices from compute capability 8.0 on. torch
    computes bfloat16 elsewhere, too, but by way of float32, which is slower than float32 itself.

    Example:
        >>> native_bfloat16("meta")
        'devices of type meta are not known to multiply bfloat16 natively'
    """
    if device == "cpu":
        asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
        if any(getattr(torch.cpu, name, bool)() for name in asked):
            return ""
        return "this CPU has neither AVX512-BF16 nor AMX"
    if device == "cuda":
        major, minor = torch.cuda.get_device_capability()
        if major >= 8:
            return ""
        return f"compute capability {major}.{minor} is below 8.0"
    return f"devices of type {device} are not known to multiply bfloat16 natively"


def fast_half(device: str) -> tuple[str, str]:
    """The half type that products of a device gain by, and "", or "float32" and why none.

    bfloat16 where it is native. NVIDIA cards of compute capability 7 (Volta, Turing) multiply
    float16 natively instead; its numbers end at 65504, so gradients need a scaled loss.

    Example:
        >>> fast_half("meta")[0]
        'float32'
    """
    reason = native_bfloat16(device)
    if not reason:
        return "bfloat16", ""
    if device == "cuda" and torch.cuda.get_device_capability() >= (7, 0):
        return "float16", ""
    return "float32", reason
