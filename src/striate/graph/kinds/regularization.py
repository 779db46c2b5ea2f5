"""Kinds that act in training only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.activation import Elementwise, at_least_zero
from striate.graph.kinds.base import (
    RETURNS_INPUT,
    TRAINING_ONLY,
    Fault,
    bad_argument,
    fraction,
    register,
    seed_or_none,
    sizes,
)
from striate.graph.spec import Spec

NoiseShape = tuple["int | None", ...]


class TrainingOnly(Elementwise):
    """Changes its input in training, and there only if its amount is not 0."""

    amount: ClassVar[str] = "rate"  # the field that says how much

    def idle(self, training: bool) -> str:
        if not training:
            return TRAINING_ONLY
        return f"its {self.amount} is 0" if getattr(self, self.amount) == 0.0 else ""


@dataclass(frozen=True)
class Dropping(TrainingOnly):
    """Drops values with probability `rate`, at random."""

    one: ClassVar[bool] = True  # whether a rate of 1 makes sense
    rate: float = 0.5
    seed: int | None = None

    def check(self) -> None:
        self.replace(rate=fraction("rate", self.rate, one=self.one), seed=seed_or_none(self.seed))


@dataclass(frozen=True)
class Shared(Dropping):
    """`Dropping` with values that share one draw."""

    noise_shape: NoiseShape | None = None

    def check(self) -> None:
        super().check()
        shape = self.noise_shape
        if shape is None:
            return
        listed = isinstance(shape, (tuple, list))
        if not listed or not all(n is None or (isinstance(n, int) and n > 0) for n in shape):
            shown = tuple(shape) if listed else shape
            raise bad_argument("noise_shape", shown, "a tuple of positive sizes and None")
        self.replace(noise_shape=tuple(shape))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        shape = self.noise_shape
        fits = shape is None or len(shape) == spec.rank
        if shape is None or (
            fits
            and all(n in (None, 1, m) or m is None for n, m in zip(shape, spec.shape, strict=True))
        ):
            return super().output(*inputs)
        raise Fault(
            "`noise_shape` does not fit the input",
            got={"noise_shape": shape, "input shape": spec.shape},
            expected=f"{spec.rank} sizes, the batch first, each 1, None or the input's",
            fix="None stands for the input's own size: noise_shape=(None, 1, 1, None)",
        )


@register
class Dropout(Shared):
    """Zeroes a share of the values and scales the rest by 1 / (1 - rate)."""


@register
class AlphaDropout(Shared):
    """Sets a share of the values to what selu saturates at, and keeps mean and variance."""

    one: ClassVar[bool] = False


class SpatialDropout(Dropping):
    """Zeroes whole maps."""

    rank: ClassVar[int] = 2

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2


@register
class SpatialDropout1D(SpatialDropout):
    """Zeroes whole channels of sequences."""

    rank: ClassVar[int] = 1


@register
class SpatialDropout2D(SpatialDropout):
    """Zeroes whole maps of images."""

    rank: ClassVar[int] = 2


@register
class SpatialDropout3D(SpatialDropout):
    """Zeroes whole maps of volumes."""

    rank: ClassVar[int] = 3


@register
class StochasticDepth(Dropping):
    """Zeroes whole samples."""

    one: ClassVar[bool] = False


@register
@dataclass(frozen=True)
class DropBlock2D(Dropping):
    """Zeroes squares of each map."""

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    one: ClassVar[bool] = False
    block_size: tuple[int, ...] = (7, 7)

    def check(self) -> None:
        super().check()
        self.replace(block_size=sizes("block_size", self.block_size, 2))


@register
@dataclass(frozen=True)
class GaussianNoise(TrainingOnly):
    """Adds normal noise."""

    amount: ClassVar[str] = "stddev"
    stddev: float = 0.1
    seed: int | None = None

    def check(self) -> None:
        stddev = fraction("stddev", self.stddev, one=True)
        self.replace(stddev=stddev, seed=seed_or_none(self.seed))


@register
class GaussianDropout(Dropping):
    """Multiplies by normal noise of mean 1 and the variance that dropout would have."""

    one: ClassVar[bool] = False


@register
@dataclass(frozen=True)
class ActivityRegularization(Elementwise):
    """Adds a penalty on its input to the loss."""

    l1: float = 0.0
    l2: float = 0.0

    def check(self) -> None:
        at_least_zero("l1", self.l1)
        at_least_zero("l2", self.l2)
        self.replace(l1=float(self.l1), l2=float(self.l2))

    @property
    def penalises(self) -> bool:
        return bool(self.l1 or self.l2)

    def idle(self, training: bool) -> str:
        return "" if self.penalises else RETURNS_INPUT
