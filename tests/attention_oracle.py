"""Slow definitions of gates and of attention, written from the papers' formulas."""

from __future__ import annotations

import math

import numpy as np

Array = np.ndarray


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def squeeze_excite(x: Array, w1: Array, b1: Array, w2: Array, b2: Array) -> Array:
    """Hu's formulas 2 to 4, sample by sample, channel by channel."""
    out = np.zeros(x.shape)
    for n, sample in enumerate(x):
        s = [sample[..., c].mean() for c in range(x.shape[-1])]
        z = sigmoid(np.maximum(np.dot(s, w1) + b1, 0.0) @ w2 + b2)
        for c, gate in enumerate(z):
            out[n, ..., c] = sample[..., c] * gate
    return out


def cbam(x: Array, w1: Array, b1: Array, w2: Array, b2: Array, kernel: Array) -> Array:
    """Woo's formulas 2 and 3, place by place."""
    out = np.zeros(x.shape)
    kh, kw = kernel.shape[:2]
    for n, sample in enumerate(x):
        flat = sample.reshape(-1, x.shape[-1])
        scores = sum(np.maximum(s @ w1 + b1, 0.0) @ w2 + b2 for s in (flat.mean(0), flat.max(0)))
        sample = sample * sigmoid(scores)
        height, width = sample.shape[:2]
        for i in range(height):
            for j in range(width):
                total = 0.0
                for a in range(kh):
                    for b in range(kw):
                        u, v = i + a - kh // 2, j + b - kw // 2
                        if 0 <= u < height and 0 <= v < width:
                            total += sample[u, v].mean() * kernel[a, b, 0, 0]
                            total += sample[u, v].max() * kernel[a, b, 1, 0]
                out[n, i, j] = sample[i, j] * sigmoid(np.array(total))
    return out


def channel_width(channels: int, gamma: float = 2.0, b: float = 1.0) -> int:
    """Wang's formula 9: the odd number nearest from above to the whole part."""
    width = math.floor(abs(math.log2(channels) / gamma + b / gamma))
    return width if width % 2 == 1 else width + 1


def efficient_channel_attention(x: Array, kernel: Array) -> Array:
    """Wang's formulas 5 and 6: a gate from the k nearest channels."""
    out = np.zeros(x.shape)
    k = len(kernel)
    for n, sample in enumerate(x):
        s = [sample[..., c].mean() for c in range(x.shape[-1])]
        for c in range(len(s)):
            near = range(c - k // 2, c + k // 2 + 1)
            total = sum(kernel[j, 0, 0] * s[i] for j, i in enumerate(near) if 0 <= i < len(s))
            out[n, ..., c] = sample[..., c] * sigmoid(np.array(total))
    return out


def multi_head(
    query: Array, value: Array, key: Array, weights: list[Array], may_look: Array
) -> tuple[Array, Array]:
    """Vaswani's formulas, sample by sample, head by head, pair by pair.

    Weights are (kernel, bias) of query, key, value, output; `may_look` is (N, T, S). A place that
    may look nowhere gets zeros from its heads.
    """
    wq, bq, wk, bk, wv, bv, wo, bo = weights
    count, size = wq.shape[1:]
    out = np.zeros((*query.shape[:2], wo.shape[-1]))
    scores = np.zeros((query.shape[0], count, query.shape[1], key.shape[1]))
    for n in range(len(query)):
        for t in range(query.shape[1]):
            heads = np.zeros((count, wv.shape[2]))
            for h in range(count):
                q = query[n, t] @ wq[:, h] + bq[h]
                seen = [s for s in range(key.shape[1]) if may_look[n, t, s]]
                match = [q @ (key[n, s] @ wk[:, h] + bk[h]) / math.sqrt(size) for s in seen]
                total = sum(math.exp(m) for m in match)
                for s, m in zip(seen, match, strict=True):
                    scores[n, h, t, s] = math.exp(m) / total
                    heads[h] += scores[n, h, t, s] * (value[n, s] @ wv[:, h] + bv[h])
            out[n, t] = np.tensordot(heads, wo, 2) + bo
    return out, scores
