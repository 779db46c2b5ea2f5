"""Pooling kinds: a window that keeps one number per channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph import window
from striate.graph.kinds.base import Kind, chosen, float_dtype, register, sizes, with_channels
from striate.graph.kinds.convolution import check_window
from striate.graph.spec import Spec


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

    def output(self, *inputs: Spec) -> Spec:
        (spec,) = inputs
        steps = self.strides or self.pool_size
        spatial = tuple(
            window.output_size(n, k, s, 1, self.padding)
            for n, k, s in zip(spec.spatial, self.pool_size, steps, strict=True)
        )
        check_window(self, spec, self.pool_size, spatial)
        return with_channels(spec, spatial, spec.channels)


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


@register
@dataclass(frozen=True)
class MaxPooling2D(Pooling):
    """The largest value of each window; "same" pads with minus infinity."""


@register
@dataclass(frozen=True)
class AveragePooling2D(Pooling):
    """The mean of each window; padding is not counted."""


@register
@dataclass(frozen=True)
class GlobalMaxPooling2D(GlobalPooling):
    """The largest value of each channel."""


@register
@dataclass(frozen=True)
class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel."""
