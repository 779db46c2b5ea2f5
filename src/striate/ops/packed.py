"""Weights laid out once as oneDNN's kernels read them; for inference on the CPU.

A convolution or product otherwise lays its weights out anew at each call. That is a fifth to a half
of the time of one image's convolution over many channels, and most of that of a large matrix.
The kernels are not part of torch's public interface: each is tried against the plain form when it
is made, and the plain form is used if it is missing or differs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from striate.ops.joined import joined_name

Function = Callable[[Tensor], Tensor]
TYPES = (torch.float32, torch.bfloat16)


def packed_conv(
    weight: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    zeros: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    sizes: Sequence[int],
    joined: tuple[str, Mapping[str, Any]] | None = None,
) -> Function | None:
    """A convolution of planes with weights of its own; None if there is no such kernel.

    Args:
        weight: (O, C / groups, H, W).
        bias: (O,).
        strides, zeros, dilation: two numbers each; the zeros are on both sides.
        groups: of channels.
        sizes: height and width of the images it is for; others work, too.
        joined: an activation by name, and the numbers of its layer, applied in the same kernel.
    """
    if weight.device.type != "cpu" or weight.dtype not in TYPES:
        return None
    where = tuple(zeros), tuple(strides), tuple(dilation), groups
    shape = (1, weight.shape[1] * groups, *sizes)
    name, numbers = ("none", ()) if joined is None else joined_name(*joined)
    try:
        kernels = torch.ops.mkldnn
        laid_out = kernels._reorder_convolution_weight(weight, *where, list(shape))

        def convolution(x: Tensor) -> Tensor:
            out: Tensor = kernels._convolution_pointwise(
                x, laid_out, bias, *where, name, list(numbers), ""
            )
            return out

        x = _ramp(shape, weight.dtype).contiguous(memory_format=torch.channels_last)
        right = F.conv2d(x, weight, bias, where[1], where[0], where[2], groups)
        if joined is None:
            return convolution if _agree(convolution(x), right) else None
        plain = kernels._convolution_pointwise(x, weight, bias, *where, name, list(numbers), "")
        return convolution if _agree(convolution(x), plain) else None
    except (RuntimeError, AttributeError, TypeError):
        return None


def packed_dense(weight: Tensor, bias: Tensor | None) -> Function | None:
    """x @ weight^T + bias with weights of its own; None if there is no such kernel.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,).
    """
    if weight.device.type != "cpu" or weight.dtype not in TYPES:
        return None
    try:
        kernels = torch.ops.mkldnn
        laid_out = kernels._reorder_linear_weight(weight.contiguous(), 1)

        def product(x: Tensor) -> Tensor:
            out: Tensor = kernels._linear_pointwise(x, laid_out, bias, "none", [], "")
            return out

        x = _ramp((2, weight.shape[1]), weight.dtype)
        return product if _agree(product(x), F.linear(x, weight, bias)) else None
    except (RuntimeError, AttributeError, TypeError):
        return None


def _ramp(shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    count = 1
    for size in shape:
        count *= size
    return torch.linspace(-1, 1, count).reshape(tuple(shape)).to(dtype)


def _agree(found: Tensor, right: Tensor) -> bool:
    tolerance = 1e-4 if found.dtype is torch.float32 else 2e-2
    scale = float(right.float().abs().max()) or 1.0
    same = found.shape == right.shape and found.dtype is right.dtype
    return same and float((found.float() - right.float()).abs().max()) <= tolerance * scale
