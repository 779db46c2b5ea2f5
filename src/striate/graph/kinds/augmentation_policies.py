"""Kinds that choose among other augmentations, and those that mix the images of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from striate.graph.kinds.augmentation import INTERPOLATIONS, Resampling, Seeded
from striate.graph.kinds.augmentation_colour import Ranged
from striate.graph.kinds.augmentation_ranges import Range, from_zero, is_number, value_bounds
from striate.graph.kinds.base import bad_argument, chosen, register, whole


def _positive(name: str, value: Any) -> float:
    if not is_number(value) or value <= 0:
        raise bad_argument(name, value, "a number > 0")
    return float(value)


@register
@dataclass(frozen=True)
class RandAugment(Ranged):
    """A number of operations after each other, chosen for each image."""

    allowed_channels: ClassVar[tuple[int, ...]] = (1, 3)
    num_ops: int = 2
    factor: Range = (0.0, 0.5)
    interpolation: str = "bilinear"

    def check(self) -> None:
        super().check()
        self.replace(
            num_ops=whole("num_ops", self.num_ops),
            factor=from_zero("factor", self.factor),
            interpolation=chosen("interpolation", self.interpolation, INTERPOLATIONS),
        )


@register
@dataclass(frozen=True)
class AugMix(Ranged):
    """A weighted mean of the image and of several chains of operations on it."""

    allowed_channels: ClassVar[tuple[int, ...]] = (1, 3)
    num_chains: int = 3
    chain_depth: int = 3
    factor: Range = (0.0, 0.3)
    alpha: float = 1.0
    all_ops: bool = True
    interpolation: str = "bilinear"

    def check(self) -> None:
        super().check()
        self.replace(
            num_chains=whole("num_chains", self.num_chains),
            chain_depth=whole("chain_depth", self.chain_depth),
            factor=from_zero("factor", self.factor),
            alpha=_positive("alpha", self.alpha),
            all_ops=bool(self.all_ops),
            interpolation=chosen("interpolation", self.interpolation, INTERPOLATIONS),
        )


@register
@dataclass(frozen=True)
class TrivialAugment(Resampling):
    """One operation of random strength, chosen for each image."""

    allowed_channels: ClassVar[tuple[int, ...]] = (1, 3)
    fill_mode: str = "constant"
    value_range: Range = (0.0, 255.0)
    num_magnitude_bins: int = 31

    def check(self) -> None:
        super().check()
        self.replace(
            value_range=value_bounds(self.value_range),
            num_magnitude_bins=whole("num_magnitude_bins", self.num_magnitude_bins, 2),
        )


@register
@dataclass(frozen=True)
class MixUp(Seeded):
    """Mixes each image, and its label, with another of the batch."""

    alpha: float = 0.2

    def check(self) -> None:
        super().check()
        self.replace(alpha=_positive("alpha", self.alpha))


@register
@dataclass(frozen=True)
class CutMix(Seeded):
    """Pastes a box of another image of the batch into each, and mixes their labels."""

    factor: Range = (0.0, 1.0)

    def check(self) -> None:
        super().check()
        self.replace(factor=from_zero("factor", self.factor))
