"""keras.random: random tensors from seeds, from generators of seeds, or from the global one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from striate.keras.tensors import Tensor, as_tensor
from striate.ops.functions.definitions import dtype_of

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


class SeedGenerator:
    """Gives another seed to each call that it is passed to; equal ones give equal rows of seeds.

    Args:
        seed: a whole number; None draws one.

    Example:
        >>> a, b = (normal((2,), seed=SeedGenerator(7)).tolist() for _ in range(2))
        >>> a == b
        True
    """

    def __init__(self, seed: int | None = None, name: str | None = None, **_: Any) -> None:
        self.name = name or "seed_generator"
        self._initial = int(torch.randint(2**31, ())) if seed is None else int(seed)
        self._given = 0

    def next(self, ordered: bool = True) -> torch.Tensor:
        """Two numbers that no call before was given."""
        self._given += 1
        return torch.tensor([self._initial, self._given - 1])

    @property
    def state(self) -> torch.Tensor:
        """The numbers that the next call will be given."""
        return torch.tensor([self._initial, self._given])

    def get_config(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self._initial, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """The inverse of `get_config`."""
        return cls(**config)


Seed = int | SeedGenerator | None


def source(seed: Seed) -> torch.Generator | None:
    """The generator of a call: the same numbers for the same seed; None is the global one."""
    if seed is None:
        return None
    if isinstance(seed, SeedGenerator):
        first, second = seed.next().tolist()
        return torch.Generator().manual_seed((first * 0x9E3779B1 + second * 0x85EBCA77) % 2**63)
    return torch.Generator().manual_seed(int(seed) % 2**63)


def _sizes(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, int) else tuple(int(n) for n in shape)


def _given(values: torch.Tensor, dtype: Any) -> Any:
    return values.to(dtype_of(dtype)).as_subclass(Tensor)


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Seed = None,
) -> Any:
    """From a normal distribution."""
    return _given(torch.randn(_sizes(shape), generator=source(seed)) * stddev + mean, dtype)


def truncated_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Seed = None,
) -> Any:
    """From a normal distribution without what is further than two deviations from the mean."""
    values = torch.empty(_sizes(shape))
    torch.nn.init.trunc_normal_(values, 0.0, 1.0, -2.0, 2.0, generator=source(seed))
    return _given(values * stddev + mean, dtype)


def uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: Seed = None,
) -> Any:
    """Evenly between two numbers; whole ones for a whole number type."""
    if dtype is not None and not dtype_of(dtype).is_floating_point:
        return randint(shape, int(minval), int(maxval), dtype, seed)
    values = torch.rand(_sizes(shape), generator=source(seed))
    return _given(values * (maxval - minval) + minval, dtype)


def randint(
    shape: Sequence[int], minval: int, maxval: int, dtype: Any = "int32", seed: Seed = None
) -> Any:
    """Whole numbers from `minval` up to, without, `maxval`."""
    values = torch.randint(int(minval), int(maxval), _sizes(shape), generator=source(seed))
    return _given(values, dtype)


def categorical(logits: Any, num_samples: int, dtype: Any = "int32", seed: Seed = None) -> Any:
    """Class numbers, as often as the softmax of each row says."""
    shares = torch.softmax(as_tensor(logits).float(), -1)
    drawn = torch.multinomial(shares, num_samples, replacement=True, generator=source(seed))
    return _given(drawn, dtype)


def gamma(shape: Sequence[int], alpha: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """From a gamma distribution of scale 1."""
    with _seeded(seed):
        rate = torch.as_tensor(alpha, dtype=torch.float32).expand(_sizes(shape))
        return _given(torch._standard_gamma(rate), dtype)


def beta(shape: Sequence[int], alpha: Any, beta: Any, dtype: Any = None, seed: Seed = None) -> Any:
    """From a beta distribution."""
    with _seeded(seed):
        first = gamma(shape, alpha)
        return _given(first / (first + gamma(shape, beta)), dtype)


def binomial(
    shape: Sequence[int], counts: Any, probabilities: Any, dtype: Any = None, seed: Seed = None
) -> Any:
    """How many of `counts` throws succeed."""
    throws, shares = (
        torch.as_tensor(v, dtype=torch.float32).expand(_sizes(shape)).contiguous()
        for v in (counts, probabilities)
    )
    return _given(torch.binomial(throws, shares, generator=source(seed)), dtype)


def _seeded(seed: Seed) -> Any:
    """The global generator set for a block, for functions that take no other."""
    import contextlib

    @contextlib.contextmanager
    def block() -> Any:
        chosen = source(seed)
        if chosen is None:
            yield
            return
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(chosen.initial_seed())
            yield

    return block()


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Seed = None) -> Any:
    """Some values set to 0, the others made larger, so that the mean stays."""
    x = as_tensor(inputs)
    if not rate:
        return x
    shape = [
        n if wanted is None else int(wanted)
        for n, wanted in zip(x.shape, noise_shape or [None] * x.dim(), strict=True)
    ]
    kept = torch.rand(shape, generator=source(seed)).to(x.device) >= rate
    return x * kept.to(x.dtype) / (1.0 - rate)


def shuffle(x: Any, axis: int = 0, seed: Seed = None) -> Any:
    """In another order along an axis."""
    values = as_tensor(x)
    order = torch.randperm(values.shape[axis], generator=source(seed))
    return values.index_select(axis, order.to(values.device))
