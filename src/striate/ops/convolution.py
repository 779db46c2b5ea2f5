"""Convolution: torch's kernels behind TensorFlow's padding and Keras's kernel layout."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from striate.graph import window
from striate.ops.pooling import pad_spatial

_CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def conv(
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int],
    groups: int,
) -> Tensor:
    """Slides every filter over the input: out[p, o] = sum_k x[s p + d k, :] kernel[k, :, o] + bias.

    Shapes: x (N, C, *spatial) channels-last, kernel (*k, C / groups, O) -> (N, O, *spatial').
    "same" adds TensorFlow's zeros; an odd one goes after, where torch would put none.
    """
    sizes = x.shape[2:]
    amounts = [
        window.padding_amounts(padding, n, k, s, d)
        for n, k, s, d in zip(sizes, kernel.shape, strides, dilation, strict=False)
    ]
    if any(before != after for before, after in amounts):
        x = pad_spatial(x, amounts)
        amounts = [(0, 0)] * len(amounts)
    weight = kernel.movedim((-1, -2), (0, 1))
    both = tuple(before for before, _ in amounts)
    return _CONV[len(amounts)](x, weight, bias, tuple(strides), both, tuple(dilation), groups)
