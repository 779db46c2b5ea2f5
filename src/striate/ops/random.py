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
