"""Kinds that change the colours of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.augmentation import OnImages, Seeded
from striate.graph.kinds.augmentation_ranges import (
    Range,
    around_zero,
    from_zero,
    is_number,
    share,
    twice,
    value_bounds,
)
from striate.graph.kinds.base import Fault, bad_argument, register, sizes, whole
from striate.graph.spec import Spec


@dataclass(frozen=True)
class Ranged(Seeded):
    """What needs to know the lowest and highest value of the images."""

    value_range: Range = (0.0, 255.0)

    def check(self) -> None:
        super().check()
        self.replace(value_range=value_bounds(self.value_range))


@register
@dataclass(frozen=True)
class RandomBrightness(Ranged):
    """Adds a share of the value range."""

    factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        self.replace(factor=around_zero("factor", self.factor, -1.0, 1.0))


@register
@dataclass(frozen=True)
class RandomContrast(Ranged):
    """Multiplies distances from the mean by 1 - factor[0] to 1 + factor[1]."""

    factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        value = self.factor
        fits = isinstance(value, tuple) and len(value) == 2 and not any(map(_outside, value))
        # (lower, upper) is no range: each says how far one bound is from 1
        pair = value if fits else twice("factor", value, 0.0, 1.0)
        self.replace(factor=tuple(float(v) for v in pair))


def _outside(value: object) -> bool:
    return not is_number(value) or not 0.0 <= value <= 1.0  # type: ignore[operator]


@dataclass(frozen=True)
class _FromZero(Ranged):
    factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        self.replace(factor=from_zero("factor", self.factor))


@register
class RandomSaturation(_FromZero):
    """Multiplies the saturation by f / (1 - f)."""

    allowed_channels: ClassVar[tuple[int, ...]] = (3,)


@register
class RandomHue(_FromZero):
    """Turns the hue by up to half the colour circle."""

    allowed_channels: ClassVar[tuple[int, ...]] = (3,)


@register
class RandomColorDegeneration(_FromZero):
    """Mixes the grey image in."""

    allowed_channels: ClassVar[tuple[int, ...]] = (1, 3)


@register
class RandomSharpness(_FromZero):
    """Blurs (below 0.5) or sharpens."""


@register
@dataclass(frozen=True)
class RandomInvert(_FromZero):
    """Inverts some images."""

    factor: Range = (0.0, 1.0)


@register
@dataclass(frozen=True)
class RandomGrayscale(Seeded):
    """Makes some images grey."""

    allowed_channels: ClassVar[tuple[int, ...]] = (1, 3)
    factor: float = 0.5

    def check(self) -> None:
        super().check()
        self.replace(factor=share("factor", self.factor))


@register
@dataclass(frozen=True)
class RandomPosterization(Ranged):
    """Keeps the highest bits of each value."""

    factor: tuple[int, int] = (8, 8)

    def check(self) -> None:
        super().check()
        pair = self.factor if isinstance(self.factor, tuple) else (self.factor, self.factor)
        right = len(pair) == 2 and all(isinstance(n, int) and 1 <= n <= 8 for n in pair)
        if not right:
            raise bad_argument(
                "factor", self.factor, "a whole number of bits, 1 to 8, or two of them"
            )
        self.replace(factor=(min(pair), max(pair)))


@register
@dataclass(frozen=True)
class Solarization(Ranged):
    """Inverts what is not below a threshold."""

    addition_factor: Range = (0.0, 0.0)
    threshold_factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        for name in ("addition_factor", "threshold_factor"):
            self.replace(**{name: from_zero(name, getattr(self, name))})


@register
@dataclass(frozen=True)
class RandomColorJitter(Ranged):
    """Brightness, contrast, saturation and hue in turn."""

    brightness_factor: Range | None = None
    contrast_factor: Range | None = None
    saturation_factor: Range | None = None
    hue_factor: Range | None = None

    def check(self) -> None:
        super().check()
        kinds = (RandomBrightness, RandomContrast, RandomSaturation, RandomHue)
        for name, kind in zip(
            ("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor"),
            kinds,
            strict=True,
        ):
            value = getattr(self, name)
            if value is not None:
                self.replace(**{name: _factor_of(kind, name, value)})

    def output(self, *inputs: Spec) -> Spec:
        if self.saturation_factor is not None or self.hue_factor is not None:
            return RandomHue().output(*inputs)
        return super().output(*inputs)


def _factor_of(kind: type[Ranged], name: str, value: object) -> object:
    """The factor as another kind has it, under the name that the user gave it."""
    try:
        return kind(factor=value).factor  # type: ignore[call-arg, attr-defined]
    except Fault as fault:
        raise bad_argument(name, value, fault.expected) from None


@dataclass(frozen=True)
class _Adjustment(OnImages):
    value_range: Range = (0.0, 255.0)

    def check(self) -> None:
        self.replace(value_range=value_bounds(self.value_range))


@register
class AutoContrast(_Adjustment):
    """Stretches each channel over the whole range."""


@register
@dataclass(frozen=True)
class Equalization(_Adjustment):
    """Makes each range of values equally frequent, channel by channel."""

    bins: int = 256

    def check(self) -> None:
        super().check()
        self.replace(bins=whole("bins", self.bins, 2))


@register
@dataclass(frozen=True)
class ContrastLimitedAdaptiveHistogramEqualization(_Adjustment):
    """Equalizes tiles of the image, with bounded contrast."""

    clip_limit: float = 4.0
    tile_grid_size: tuple[int, int] = (8, 8)

    def check(self) -> None:
        super().check()
        if not is_number(self.clip_limit) or self.clip_limit < 0:
            raise bad_argument("clip_limit", self.clip_limit, "a number >= 0; 0 is no limit")
        self.replace(
            clip_limit=float(self.clip_limit),
            tile_grid_size=sizes("tile_grid_size", self.tile_grid_size, 2),
        )
