"""Kinds that give a map another size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import (
    Fault,
    Kind,
    bad_argument,
    chosen,
    register,
    sizes,
    whole,
    with_channels,
)
from striate.graph.reach import Reach, interpolated, repeating, sliding
from striate.graph.spec import Spec

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


@dataclass(frozen=True)
class UpSampling(Kind):
    """Every size times a whole number."""

    rank: ClassVar[int] = 2
    size: tuple[int, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        self.replace(size=sizes("size", self.size, self.rank, default=2))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        pairs = zip(spec.spatial, self.size, strict=True)
        spatial = (None if n is None else n * factor for n, factor in pairs)
        return Spec((spec.shape[0], *spatial, spec.channels), spec.dtype)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        factor, word = self.size[axis - 1], getattr(self, "interpolation", "nearest")
        return repeating(factor) if word == "nearest" else interpolated(1, factor, word)


@register
class UpSampling1D(UpSampling):
    """Every step repeated."""

    rank: ClassVar[int] = 1


@register
@dataclass(frozen=True)
class UpSampling2D(UpSampling):
    """Rows and columns repeated, or new ones interpolated."""

    interpolation: str = "nearest"

    def check(self) -> None:
        super().check()
        word = chosen("interpolation", self.interpolation, INTERPOLATIONS)
        self.replace(interpolation=word)


@register
class UpSampling3D(UpSampling):
    """Slices, rows and columns repeated."""

    rank: ClassVar[int] = 3


@dataclass(frozen=True)
class OfSize(Kind):
    """What comes out has a fixed height and width."""

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    height: int = 1
    width: int = 1

    def check(self) -> None:
        self.replace(height=whole("height", self.height), width=whole("width", self.width))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return Spec((spec.shape[0], self.height, self.width, spec.channels), spec.dtype)


@register
@dataclass(frozen=True)
class Resizing(OfSize):
    """Interpolation to a size, after a crop or a border where the aspect ratio is to stay."""

    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    fill_mode: str = "constant"
    fill_value: float = 0.0
    antialias: bool = False

    def check(self) -> None:
        super().check()
        self.replace(
            interpolation=chosen("interpolation", self.interpolation, INTERPOLATIONS),
            fill_mode=chosen("fill_mode", self.fill_mode, ("constant",)),
            fill_value=float(self.fill_value),
        )
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise bad_argument(
                "pad_to_aspect_ratio", True, "at most one of crop_to_ and pad_to_aspect_ratio"
            )

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        size = given.shape[axis]
        if size is None or self.crop_to_aspect_ratio or self.pad_to_aspect_ratio:
            return None
        return interpolated(size, made.shape[axis] or 1, self.interpolation, self.antialias)


@register
class CenterCrop(OfSize):
    """The middle of an image; a smaller one is cropped to the shape and enlarged."""

    def output(self, *inputs: Spec) -> Spec:
        return with_channels(inputs[0], (self.height, self.width), inputs[0].channels)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        sizes = zip(given.spatial, made.spatial, strict=True)
        fits = all(n is not None and m is not None and n >= m for n, m in sizes)
        before = ((given.shape[axis] or 0) - (made.shape[axis] or 0)) // 2
        return sliding(1, 1, -before) if fits else None


@dataclass(frozen=True)
class Shuffling(Kind):
    """Channels and pixels in exchange.

    Args:
        mode: how the channels of a block are counted, in ONNX's words: "DCR" block row, block
            column, channel, as in TensorFlow; "CRD" channel, block row, block column, as in torch.
    """

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    mode: str = "DCR"

    def check_mode(self) -> None:
        """Normalises the mode."""
        word = self.mode.upper() if isinstance(self.mode, str) else self.mode
        if word not in ("DCR", "CRD"):
            raise bad_argument("mode", self.mode, "'DCR' (TensorFlow's order) or 'CRD' (torch's)")
        self.replace(mode=word)


@register
@dataclass(frozen=True)
class PixelShuffle(Shuffling):
    """Blocks of channels become blocks of pixels."""

    upscale_factor: int = 2

    def check(self) -> None:
        self.check_mode()
        self.replace(upscale_factor=whole("upscale_factor", self.upscale_factor))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        r, c = self.upscale_factor, spec.channels
        if c is not None and c % (r * r):
            raise Fault(
                "the channels do not fill blocks",
                got={"upscale_factor": r, "input shape": spec.shape},
                expected=f"channels divisible by {r * r}",
            )
        spatial = (None if n is None else n * r for n in spec.spatial)
        return Spec((spec.shape[0], *spatial, None if c is None else c // (r * r)), spec.dtype)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return repeating(self.upscale_factor)


@register
@dataclass(frozen=True)
class PixelUnshuffle(Shuffling):
    """Blocks of pixels become blocks of channels."""

    downscale_factor: int = 2

    def check(self) -> None:
        self.check_mode()
        self.replace(downscale_factor=whole("downscale_factor", self.downscale_factor))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        r, c = self.downscale_factor, spec.channels
        if any(n is not None and n % r for n in spec.spatial):
            raise Fault(
                "height and width are not filled by blocks",
                got={"downscale_factor": r, "input shape": spec.shape},
                expected=f"height and width divisible by {r}",
                fix="Crop or pad the image first",
            )
        spatial = (None if n is None else n // r for n in spec.spatial)
        return Spec((spec.shape[0], *spatial, None if c is None else c * r * r), spec.dtype)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return sliding(self.downscale_factor, self.downscale_factor)
