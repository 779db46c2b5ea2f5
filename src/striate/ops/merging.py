"""Joining two tensors by sums of products."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.ops.normalization import unit_norm


def dot_product(a: Tensor, b: Tensor, i: int, j: int, normalize: bool) -> Tensor:
    """Sums of products over axis i of a and axis j of b, sample by sample.

    Shapes: a (N, *A, K), b (N, *B, K) once these axes are last -> (N, *A, *B), or (N, 1).
    """
    a, b = a.movedim(i, -1), b.movedim(j, -1)
    if normalize:
        a, b = unit_norm(a, [a.dim() - 1]), unit_norm(b, [b.dim() - 1])
    rows, columns = a.shape[1:-1], b.shape[1:-1]
    flat = (x.reshape(x.shape[0], -1, x.shape[-1]) for x in (a, b))
    first, second = flat
    out = torch.bmm(first, second.transpose(1, 2))
    return out.reshape(a.shape[0], *(rows + columns or (1,)))
