"""Kinds that move or filter the pixels of images; all act in training only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.augmentation_ranges import (
    Range,
    around_zero,
    from_zero,
    is_number,
    share,
    value_bounds,
)
from striate.graph.kinds.base import (
    TRAINING_ONLY,
    Fault,
    Kind,
    bad_argument,
    chosen,
    float_dtype,
    register,
    seed_or_none,
    whole,
    with_channels,
)
from striate.graph.spec import Spec

FLIPS = ("horizontal", "vertical", "horizontal_and_vertical")
INTERPOLATIONS = ("bilinear", "nearest")
FILL_MODES = ("reflect", "constant", "nearest", "wrap")
MORE_FILL_MODES = (*FILL_MODES, "mirror")


class OnImages(Kind):
    """What takes images (N, H, W, C) and gives images: the shape stays, numbers are floats."""

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    allowed_channels: ClassVar[tuple[int, ...]] = ()  # empty: any number

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        allowed = self.allowed_channels
        if allowed and spec.channels is not None and spec.channels not in allowed:
            colours = "3 channels, red, green and blue"
            raise Fault(
                "it works on colours, and the images have others",
                got={"input shape": spec.shape},
                expected=colours if allowed == (3,) else f"{colours}, or 1 channel",
            )
        return Spec(spec.shape, float_dtype(spec))


@dataclass(frozen=True)
class Seeded(OnImages):
    """What draws random numbers in training."""

    seed: int | None = None

    def check(self) -> None:
        self.replace(seed=seed_or_none(self.seed))

    def idle(self, training: bool) -> str:
        return "" if training else TRAINING_ONLY


@dataclass(frozen=True)
class Resampling(Seeded):
    """What reads images between their pixels and beyond their border."""

    fill_modes: ClassVar[tuple[str, ...]] = FILL_MODES
    fill_mode: str = "reflect"
    interpolation: str = "bilinear"
    fill_value: float = 0.0

    def check(self) -> None:
        super().check()
        if not is_number(self.fill_value):
            raise bad_argument("fill_value", self.fill_value, "a number")
        self.replace(
            fill_mode=chosen("fill_mode", self.fill_mode, self.fill_modes),
            interpolation=chosen("interpolation", self.interpolation, INTERPOLATIONS),
            fill_value=float(self.fill_value),
        )


@register
@dataclass(frozen=True)
class RandomFlip(Seeded):
    """Mirrors images left-right, top-bottom or both."""

    mode: str = "horizontal_and_vertical"

    def check(self) -> None:
        super().check()
        self.replace(mode=chosen("mode", self.mode, FLIPS))


@register
@dataclass(frozen=True)
class RandomCrop(Seeded):
    """A window of each image."""

    height: int = 1
    width: int = 1

    def check(self) -> None:
        super().check()
        self.replace(height=whole("height", self.height), width=whole("width", self.width))

    def idle(self, training: bool) -> str:
        return ""  # in inference it takes the window in the middle

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return with_channels(spec, (self.height, self.width), spec.channels)


@register
@dataclass(frozen=True)
class RandomTranslation(Resampling):
    """Moves images by shares of their height and width."""

    height_factor: Range = (0.0, 0.0)
    width_factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        for name in ("height_factor", "width_factor"):
            self.replace(**{name: around_zero(name, getattr(self, name), -1.0, 1.0)})


@register
@dataclass(frozen=True)
class RandomRotation(Resampling):
    """Turns images about their centre by shares of a full turn."""

    factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        self.replace(factor=around_zero("factor", self.factor, -1.0, 1.0))


@register
@dataclass(frozen=True)
class RandomZoom(Resampling):
    """Zooms out (positive factors) or in, about the centre."""

    height_factor: Range = (0.0, 0.0)
    width_factor: Range | None = None

    def check(self) -> None:
        super().check()
        for name in ("height_factor", "width_factor"):
            value = getattr(self, name)
            if name == "width_factor" and value is None:
                continue
            low, high = around_zero(name, value, -1.0, 1.0)
            if low <= -1.0:
                raise bad_argument(
                    name, value, "numbers in (-1, 1]: at -1 a single point would fill the image"
                )
            self.replace(**{name: (low, high)})


@register
@dataclass(frozen=True)
class RandomShear(Resampling):
    """Slants images."""

    x_factor: Range = (0.0, 0.0)
    y_factor: Range = (0.0, 0.0)

    def check(self) -> None:
        super().check()
        for name in ("x_factor", "y_factor"):
            self.replace(**{name: from_zero(name, getattr(self, name))})


@register
@dataclass(frozen=True)
class RandomPerspective(Resampling):
    """Moves the corners of some images."""

    fill_mode: str = "constant"
    factor: Range = (0.0, 1.0)
    scale: float = 1.0

    def check(self) -> None:
        super().check()
        self.replace(factor=from_zero("factor", self.factor), scale=share("scale", self.scale))


@register
@dataclass(frozen=True)
class RandomElasticTransform(Resampling):
    """Moves the pixels of some images by a smooth random field."""

    fill_modes: ClassVar[tuple[str, ...]] = MORE_FILL_MODES
    factor: Range = (0.0, 1.0)
    scale: Range = (0.0, 1.0)
    value_range: Range = (0.0, 255.0)

    def check(self) -> None:
        super().check()
        self.replace(
            factor=from_zero("factor", self.factor),
            scale=from_zero("scale", self.scale),
            value_range=value_bounds(self.value_range),
        )


@register
@dataclass(frozen=True)
class RandomGaussianBlur(Seeded):
    """Blurs some images."""

    factor: Range = (0.0, 1.0)
    kernel_size: tuple[int, int] = (3, 3)
    sigma: Range = (0.0, 1.0)
    value_range: Range = (0.0, 255.0)

    def check(self) -> None:
        super().check()
        size = self.kernel_size
        pair = size if isinstance(size, tuple) else (size, size)
        odd = all(isinstance(n, int) and n > 0 and n % 2 == 1 for n in pair)
        if len(pair) != 2 or not odd:
            raise bad_argument("kernel_size", size, "a positive odd number or two of them")
        self.replace(
            factor=from_zero("factor", self.factor),
            kernel_size=pair,
            sigma=from_zero("sigma", self.sigma, most=math.inf),
            value_range=value_bounds(self.value_range),
        )


@register
@dataclass(frozen=True)
class RandomErasing(Seeded):
    """Fills a box of some images with noise or a value."""

    factor: Range = (0.0, 1.0)
    scale: Range = (0.02, 0.33)
    fill_value: float | tuple[float, ...] | None = None
    value_range: Range = (0.0, 255.0)

    def check(self) -> None:
        super().check()
        self.replace(
            factor=from_zero("factor", self.factor),
            scale=from_zero("scale", self.scale),
            fill_value=_fill("fill_value", self.fill_value),
            value_range=value_bounds(self.value_range),
        )

    def output(self, *inputs: Spec) -> Spec:
        return _fill_fits(super().output(*inputs), self.fill_value)


@register
@dataclass(frozen=True)
class Cutout(Seeded):
    """Fills a square of some images with a value."""

    size: tuple[int, int] = (16, 16)
    factor: Range = (1.0, 1.0)
    fill_value: float | tuple[float, ...] = 0.0

    def check(self) -> None:
        super().check()
        size = self.size if isinstance(self.size, tuple) else (self.size, self.size)
        if len(size) != 2:
            raise bad_argument("size", self.size, "a positive whole number or 2 of them")
        value = _fill("fill_value", self.fill_value)
        if value is None:
            raise bad_argument("fill_value", None, "a number, or one per channel")
        self.replace(
            size=tuple(whole("size", n) for n in size),
            factor=from_zero("factor", self.factor),
            fill_value=value,
        )

    def output(self, *inputs: Spec) -> Spec:
        return _fill_fits(super().output(*inputs), self.fill_value)


def _fill(name: str, value: object) -> float | tuple[float, ...] | None:
    """A filling as a number, one number per channel, or None."""
    if value is None:
        return None
    if is_number(value):
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, tuple) and value and all(is_number(v) for v in value):
        return tuple(float(v) for v in value)
    raise bad_argument(name, value, "a number, or one per channel")


def _fill_fits(spec: Spec, value: float | tuple[float, ...] | None) -> Spec:
    if isinstance(value, tuple) and spec.channels is not None and len(value) != spec.channels:
        raise Fault(
            "`fill_value` has another number of channels than the images",
            got={"fill_value": value, "input shape": spec.shape},
            expected="one number, or one per channel",
        )
    return spec
