"""Pooling kinds: windows, bins and whole maps that keep one number per channel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from striate.graph import window
from striate.graph.kinds.base import (
    Fault,
    Kind,
    bad_argument,
    chosen,
    float_dtype,
    register,
    seed_or_none,
    sizes,
    whole,
    with_channels,
)
from striate.graph.kinds.convolution import check_window
from striate.graph.reach import Reach, binned, padded, placing, sliding
from striate.graph.spec import Spec, product


@dataclass(frozen=True)
class Pooling(Kind):
    """A sliding window without weights; `strides` None means the pool size."""

    rank: ClassVar[int] = 2
    pool_size: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    padding: str = "valid"

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        size = sizes("pool_size", self.pool_size, self.rank, default=2)
        self.replace(
            pool_size=size,
            strides=size if self.strides is None else sizes("strides", self.strides, self.rank),
            padding=chosen("padding", self.padding, window.PADDINGS),
        )

    @property
    def steps(self) -> tuple[int, ...]:
        """The strides."""
        return self.strides or self.pool_size

    def output(self, *inputs: Spec) -> Spec | tuple[Spec, ...]:
        return self.pooled(inputs[0])

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        i = axis - 1
        return padded(self.padding, given.shape[axis], self.pool_size[i], self.steps[i])

    def pooled(self, spec: Spec) -> Spec:
        """The spec of one number per window and channel."""
        spatial = tuple(
            window.output_size(n, k, s, 1, self.padding)
            for n, k, s in zip(spec.spatial, self.pool_size, self.steps, strict=True)
        )
        check_window(self, spec, self.pool_size, spatial)
        return with_channels(spec, spatial, spec.channels)


@dataclass(frozen=True)
class LpPooling(Pooling):
    """(sum of abs(x)^p)^(1/p) over each window; padding adds nothing."""

    p: float = 2.0

    def check(self) -> None:
        super().check()
        number = isinstance(self.p, (int, float)) and not isinstance(self.p, bool)
        if not number or not 1 <= self.p < math.inf:
            raise bad_argument("p", self.p, "a finite number >= 1; the limit is MaxPooling")
        self.replace(p=float(self.p))


@dataclass(frozen=True)
class StochasticPooling(Pooling):
    """One value of each window, drawn with odds in proportion to it; in inference their mean."""

    seed: int | None = None

    def check(self) -> None:
        super().check()
        self.replace(seed=seed_or_none(self.seed))


@dataclass(frozen=True)
class BlurPooling(Kind):
    """A binomial blur over mirrored borders, of which every `strides`-th value is kept."""

    rank: ClassVar[int] = 2
    pool_size: int = 3
    strides: tuple[int, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        self.replace(
            pool_size=whole("pool_size", self.pool_size),
            strides=sizes("strides", self.strides, self.rank, default=2),
        )

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        least = max(window.blur_padding(self.pool_size)) + 1
        if any(n is not None and n < least for n in spec.spatial):
            raise Fault(
                "the input is too small for its mirrored border",
                got={"pool_size": self.pool_size, "input shape": spec.shape},
                expected=f"at least {least} along every axis",
                fix="Use a smaller pool_size, or fewer strides and poolings before it",
            )
        sides = zip(spec.spatial, self.strides, strict=True)
        spatial = tuple(window.output_size(n, 1, s) for n, s in sides)
        return with_channels(spec, spatial, spec.channels)

    def macs(self, *inputs: Spec) -> int | None:
        return product((*self.output(*inputs).shape[1:], self.pool_size**self.rank))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        before, _ = window.blur_padding(self.pool_size)
        return sliding(self.pool_size, self.strides[axis - 1], before, mirrored=True)


@dataclass(frozen=True)
class GlobalPooling(Kind):
    """One number per channel for the whole map; `keepdims` keeps axes of size 1."""

    rank: ClassVar[int] = 2
    keepdims: bool = False

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        kept = (1,) * self.rank if self.keepdims else ()
        return Spec((spec.shape[0], *kept, spec.channels), float_dtype(spec))

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        return None


@dataclass(frozen=True)
class AdaptivePooling(Kind):
    """One number per channel and bin, for a fixed number of bins whatever the input's size."""

    sees_all: ClassVar[bool] = True  # its bins are shares of the whole
    rank: ClassVar[int] = 2
    output_size: tuple[int, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.min_rank = cls.max_rank = cls.rank + 2

    def check(self) -> None:
        self.replace(output_size=sizes("output_size", self.output_size, self.rank))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        return with_channels(spec, self.output_size, spec.channels)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        size = given.shape[axis]
        return None if size is None else binned(size, self.output_size[axis - 1])


@register
@dataclass(frozen=True)
class SpatialPyramidPooling2D(Kind):
    """Adaptive pooling at several grids, side by side in one vector."""

    min_rank: ClassVar[int] = 4
    max_rank: ClassVar[int] = 4
    bins: tuple[int, ...] = (4, 2, 1)
    mode: str = "max"

    def check(self) -> None:
        listed = self.bins if isinstance(self.bins, (tuple, list)) else (self.bins,)
        if not listed:
            raise bad_argument("bins", listed, "at least one positive whole number")
        found = tuple(whole("bins", b) for b in listed)
        self.replace(bins=found, mode=chosen("mode", self.mode, ("max", "average")))

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        cells = sum(b * b for b in self.bins)
        values = None if spec.channels is None else cells * spec.channels
        return Spec((spec.shape[0], values), float_dtype(spec))


@dataclass(frozen=True)
class DepthwisePooling(Kind):
    """A window that slides over the channels of each position."""

    min_rank: ClassVar[int] = 2
    pool_size: int = 2
    strides: int | None = None
    padding: str = "valid"

    def check(self) -> None:
        size = whole("pool_size", self.pool_size)
        self.replace(
            pool_size=size,
            strides=size if self.strides is None else whole("strides", self.strides),
            padding=chosen("padding", self.padding, window.PADDINGS),
        )

    @property
    def step(self) -> int:
        """The stride."""
        return self.strides or self.pool_size

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        channels = window.output_size(spec.channels, self.pool_size, self.step, 1, self.padding)
        if channels is not None and channels < 1:
            raise Fault(
                "the window is larger than the number of channels",
                got={"pool_size": self.pool_size, "input shape": spec.shape},
                expected=f"pool_size <= {spec.channels}",
            )
        return Spec((*spec.shape[:-1], channels), float_dtype(spec))


@register
class MaxPoolingWithArgmax2D(Pooling):
    """The largest value of each window, and where it stood."""

    def output(self, *inputs: Spec) -> tuple[Spec, ...]:
        spec = self.pooled(inputs[0])
        return spec, Spec(spec.shape, "int64")


@register
@dataclass(frozen=True)
class MaxUnpooling2D(Pooling):
    """Values put back where `MaxPoolingWithArgmax2D` found them."""

    num_inputs: ClassVar[int | None] = None
    output_size: tuple[int, ...] | None = None

    def check(self) -> None:
        super().check()
        if self.output_size is not None:
            self.replace(output_size=sizes("output_size", self.output_size, self.rank))

    def output(self, *inputs: Spec) -> Spec:
        values, indices, *like = inputs
        if len(like) > 1 or values.shape != indices.shape:
            raise Fault(
                "not the outputs of a pooling",
                got={"input shapes": tuple(spec.shape for spec in inputs)},
                expected="values and places of one shape, then at most one map of the wanted size",
                fix="MaxUnpooling2D()([values, places]), both from MaxPoolingWithArgmax2D",
            )
        spatial = like[0].spatial if like else self.output_size
        if spatial is None:
            pairs = zip(values.spatial, self.pool_size, self.steps, strict=True)
            same = self.padding == "same"
            spatial = tuple(
                window.transposed_output_size(n, s if same else k, s) for n, k, s in pairs
            )
        return with_channels(values, spatial, values.channels)

    def reach(self, axis: int, given: Spec, made: Spec) -> Reach | None:
        """A value may have stood anywhere in its window."""
        same = self.padding == "same"
        size, step = self.pool_size[axis - 1], self.steps[axis - 1]
        cut = window.same_padding(made.shape[axis] or size, size, step)[0] if same else 0
        return placing(size, step, cut)
