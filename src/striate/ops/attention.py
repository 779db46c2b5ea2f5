"""Attention: means of values, weighted by how well keys match queries. Channels last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Dropping = Callable[[Tensor], Tensor]


def projected(x: Tensor, kernel: Tensor, bias: Tensor | None, axes: int = 1) -> Tensor:
    """Sums over the last `axes` axes of x: (..., in) with (in, out) -> (..., out).

    In and out may be several axes each; the kernel lies with those of `out` outermost.
    """
    before, after = kernel.shape[:axes], kernel.shape[axes:]
    weight = kernel.permute(*range(axes, kernel.dim()), *range(axes))
    flat = weight.reshape(after.numel(), before.numel())
    out: Tensor = F.linear(x.flatten(-axes), flat, None if bias is None else bias.flatten())
    wide: Tensor = out.unflatten(-1, after)
    return wide


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float,
    is_causal: bool = False,
) -> Tensor:
    """softmax(scale query key^T) value by torch's kernel, which keeps no scores.

    Shapes: query (..., T, K), key (..., S, K), value (..., S, V), mask (..., T, S), True where a
    query may look -> (..., T, V). A query that may look nowhere gets zeros. `is_causal` is the
    mask `causal`, and goes without another one.
    """
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=is_causal, scale=scale
    )


def plain_attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scale: float,
    drop: Dropping | None = None,
) -> tuple[Tensor, Tensor]:
    """As `attend`, and the scores, (..., T, S); `drop` is applied to the scores before use."""
    scores = masked_softmax(query @ key.transpose(-2, -1) * scale, mask)
    return (scores if drop is None else drop(scores)) @ value, scores


def masked_softmax(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax over the last axis; what is masked gets 0, also where all of it is."""
    if mask is None:
        return scores.softmax(-1)
    lowest = torch.finfo(scores.dtype).min
    return scores.masked_fill(~mask, lowest).softmax(-1) * mask


def additive_scores(query: Tensor, key: Tensor, scale: Tensor | float) -> Tensor:
    """sum over channels of scale tanh(query + key), for every pair: (..., T, S)."""
    bent = torch.tanh(query.unsqueeze(-2) + key.unsqueeze(-3))
    return (scale * bent).sum(-1)


def causal(queries: int, keys: int, device: torch.device) -> Tensor:
    """(T, S), True where the key does not come after the query."""
    return torch.ones((queries, keys), dtype=torch.bool, device=device).tril()


def banded(queries: int, keys: int, width: int, device: torch.device) -> Tensor:
    """(T, S), True where the key is less than `width` places away."""
    rows = torch.arange(queries, device=device)[:, None]
    return (rows - torch.arange(keys, device=device)).abs() < width


def over_heads(mask: Tensor, rank: int, axes: int) -> Tensor:
    """A mask (N, ..., queries, keys) for scores of `rank` axes, the places of each in a row.

    Queries and keys are `axes` axes each; axes that the mask has not are of size 1.
    """
    lead, looks = mask.shape[: -2 * axes], mask.shape[-2 * axes :]
    wide = mask.reshape(*lead, *(1,) * (rank - mask.dim()), *looks)
    return wide.flatten(-axes).flatten(-axes - 1, -2)


def places_last(x: Tensor, axes: Sequence[int]) -> Tensor:
    """(N, *places, heads, C) -> (N, *rest, heads, T, C), T all places along `axes` in a row."""
    heads, channels = x.dim() - 2, x.dim() - 1
    rest = [i for i in range(heads) if i not in axes]
    return x.permute(*rest, heads, *axes, channels).flatten(len(rest) + 1, -2)


def places_back(x: Tensor, axes: Sequence[int], shape: Sequence[int]) -> Tensor:
    """The inverse of `places_last`, for places of this shape (N, *places)."""
    rest = [i for i in range(len(shape)) if i not in axes]
    wide: Tensor = x.unflatten(-2, [shape[i] for i in axes])
    order = [*rest, len(shape), *axes, len(shape) + 1]  # what each axis of `wide` is
    return wide.permute(*sorted(range(wide.dim()), key=order.__getitem__))
