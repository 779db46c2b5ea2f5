"""Random numbers for layers: from torch's global stream, or from a stream of a layer's own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def generator(seed: int, step: int, device: torch.device) -> torch.Generator:
    """A generator that is a function of (seed, step): any step can be drawn again."""
    state = np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)
    return torch.Generator(device).manual_seed(int(state[0]))


def uniform(shape: Sequence[int], like: Tensor, source: torch.Generator | None = None) -> Tensor:
    """Numbers in [0, 1) on the device of `like`, in float32: half types have too few of them."""
    return torch.rand(tuple(shape), generator=source, device=like.device)


def normal(shape: Sequence[int], like: Tensor, source: torch.Generator | None = None) -> Tensor:
    """Numbers of mean 0 and standard deviation 1, as `like` in device and number type."""
    return torch.randn(tuple(shape), generator=source, device=like.device).to(like.dtype)


def kept(
    shape: Sequence[int], like: Tensor, rate: float, source: torch.Generator | None = None
) -> Tensor:
    """1 with probability 1 - rate, else 0, as `like` in device and number type."""
    return (uniform(shape, like, source) >= rate).to(like.dtype)


def coins(like: Tensor, rate: float) -> Tensor:
    """True with probability 1 - rate, a multiple of 2^-32, in the shape of `like`, on the CPU."""
    size = like.numel()
    draws = torch.empty((size + 1) // 2, dtype=torch.int64, device="cpu").random_(-(2**63), None)
    least = min(round(rate * 2**32), 2**32 - 1) - 2**31
    return (draws.view(torch.int32)[:size] >= least).view(like.shape)


def between(
    low: float,
    high: float,
    shape: Sequence[int],
    like: Tensor,
    source: torch.Generator | None = None,
) -> Tensor:
    """Numbers in [low, high), or `low` where both are equal, in float32 on the device of `like`."""
    return uniform(shape, like, source).mul_(high - low).add_(low)


def whole(
    low: int,
    high: int,
    shape: Sequence[int],
    device: torch.device,
    source: torch.Generator | None = None,
) -> Tensor:
    """Whole numbers from `low` to `high`, both included."""
    return torch.randint(low, high + 1, tuple(shape), generator=source, device=device)


def signs(shape: Sequence[int], like: Tensor, source: torch.Generator | None = None) -> Tensor:
    """1 or -1 with equal chances, in float32 on the device of `like`."""
    return 1.0 - 2.0 * (uniform(shape, like, source) < 0.5).float()


def shares(alpha: Tensor, parts: int, source: torch.Generator | None = None) -> Tensor:
    """Rows of `parts` numbers that add up to 1: Dirichlet(alpha, ..., alpha); two are a Beta.

    Shapes: alpha (N,) -> (N, parts).
    """
    rows = alpha.unsqueeze(1).expand(-1, parts).contiguous()
    return torch._sample_dirichlet(rows, generator=source)


def shuffled(size: int, like: Tensor, source: torch.Generator | None = None) -> Tensor:
    """The numbers 0 to size - 1 in a random order, on the device of `like`."""
    return torch.randperm(size, generator=source, device=like.device)
