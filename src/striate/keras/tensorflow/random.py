"""tf.random: random tensors."""

from __future__ import annotations

from typing import Any

import torch

from striate.keras import random as _random
from striate.keras.tensors import as_tensor
from striate.training import set_seed as _set_seed

__all__ = [
    "Generator",
    "categorical",
    "gamma",
    "normal",
    "set_seed",
    "shuffle",
    "stateless_normal",
    "stateless_uniform",
    "truncated_normal",
    "uniform",
]


def set_seed(seed: int) -> None:
    """Seeds every random number."""
    _set_seed(int(seed))


def normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """From a normal distribution."""
    return _random.normal(shape, mean, stddev, dtype, seed)


def truncated_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """From a normal distribution without its ends."""
    return _random.truncated_normal(shape, mean, stddev, dtype, seed)


def uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Evenly between two numbers, the second 1 by default."""
    end = 1 if maxval is None else maxval
    low, high = (v.item() if isinstance(v, torch.Tensor) else v for v in (minval, end))
    return _random.uniform(shape, low, high, dtype, seed)


def gamma(shape: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", **more: Any) -> Any:
    """From a gamma distribution."""
    drawn = _random.gamma(shape, alpha, dtype, more.get("seed"))
    return drawn if beta is None else drawn / beta


def categorical(logits: Any, num_samples: int, dtype: Any = "int64", **more: Any) -> Any:
    """Class numbers, as often as each row says."""
    return _random.categorical(logits, num_samples, dtype or "int64", more.get("seed"))


def shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """In another order along the first axis."""
    return _random.shuffle(value, 0, seed)


def _joined(seed: Any) -> int:
    first, second = (int(v) for v in as_tensor(seed).reshape(-1).tolist()[:2])
    return (first * 1_000_003 + second) % 2**31


def stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", **_: Any
) -> Any:
    """Evenly between two numbers, always the same for a seed of two numbers."""
    return uniform(shape, minval, maxval, dtype, _joined(seed))


def stateless_normal(
    shape: Any, seed: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", **_: Any
) -> Any:
    """From a normal distribution, always the same for a seed of two numbers."""
    return normal(shape, mean, stddev, dtype, _joined(seed))


class Generator:
    """Random numbers of its own.

    Args:
        seed: where they begin.

    Example:
        >>> Generator.from_seed(1).normal((2,)).shape
        (2,)
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeds = _random.SeedGenerator(seed)

    @classmethod
    def from_seed(cls, seed: int, alg: Any = None) -> Generator:
        """From a seed."""
        return cls(int(seed))

    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator:
        """From a seed that is drawn."""
        return cls()

    def normal(
        self, shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32"
    ) -> Any:
        """From a normal distribution."""
        return _random.normal(shape, mean, stddev, dtype, self._seeds)

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32"
    ) -> Any:
        """Evenly between two numbers."""
        return _random.uniform(shape, minval, 1 if maxval is None else maxval, dtype, self._seeds)

    def make_seeds(self, count: int = 1) -> Any:
        """Pairs of numbers for functions without a state, one pair in each column."""
        return torch.randint(2**31, (2, count), generator=_random.source(self._seeds))
