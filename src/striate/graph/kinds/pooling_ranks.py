"""The pooling kinds by name and rank: each fixes what `pooling.py` leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from striate.graph.kinds.base import register
from striate.graph.kinds.calling import Calling, check_mask
from striate.graph.kinds.pooling import (
    AdaptivePooling,
    BlurPooling,
    DepthwisePooling,
    GlobalPooling,
    LpPooling,
    Pooling,
    StochasticPooling,
)
from striate.graph.spec import Spec


@register
class MaxPooling1D(Pooling):
    """The largest value of each window of sequences; padding counts as minus infinity."""

    rank: ClassVar[int] = 1


@register
class MaxPooling2D(Pooling):
    """The largest value of each window of images; padding counts as minus infinity."""

    rank: ClassVar[int] = 2


@register
class MaxPooling3D(Pooling):
    """The largest value of each window of volumes; padding counts as minus infinity."""

    rank: ClassVar[int] = 3


@register
class AveragePooling1D(Pooling):
    """The mean of each window of sequences; padding is not counted."""

    rank: ClassVar[int] = 1


@register
class AveragePooling2D(Pooling):
    """The mean of each window of images; padding is not counted."""

    rank: ClassVar[int] = 2


@register
class AveragePooling3D(Pooling):
    """The mean of each window of volumes; padding is not counted."""

    rank: ClassVar[int] = 3


@register
class MinPooling1D(Pooling):
    """The smallest value of each window of sequences; padding counts as infinity."""

    rank: ClassVar[int] = 1


@register
class MinPooling2D(Pooling):
    """The smallest value of each window of images; padding counts as infinity."""

    rank: ClassVar[int] = 2


@register
class MinPooling3D(Pooling):
    """The smallest value of each window of volumes; padding counts as infinity."""

    rank: ClassVar[int] = 3


@register
class LpPooling1D(LpPooling):
    """The p-norm of each window of sequences."""

    rank: ClassVar[int] = 1


@register
class LpPooling2D(LpPooling):
    """The p-norm of each window of images."""

    rank: ClassVar[int] = 2


@register
class LpPooling3D(LpPooling):
    """The p-norm of each window of volumes."""

    rank: ClassVar[int] = 3


@register
class L2Pooling1D(Pooling):
    """The Euclidean norm of each window of sequences."""

    rank: ClassVar[int] = 1


@register
class L2Pooling2D(Pooling):
    """The Euclidean norm of each window of images."""

    rank: ClassVar[int] = 2


@register
class L2Pooling3D(Pooling):
    """The Euclidean norm of each window of volumes."""

    rank: ClassVar[int] = 3


@register
class StochasticPooling1D(StochasticPooling):
    """A value drawn from each window of sequences."""

    rank: ClassVar[int] = 1


@register
class StochasticPooling2D(StochasticPooling):
    """A value drawn from each window of images."""

    rank: ClassVar[int] = 2


@register
class StochasticPooling3D(StochasticPooling):
    """A value drawn from each window of volumes."""

    rank: ClassVar[int] = 3


@register
class BlurPool1D(BlurPooling):
    """A blur that skips of sequences."""

    rank: ClassVar[int] = 1


@register
class BlurPool2D(BlurPooling):
    """A blur that skips of images."""

    rank: ClassVar[int] = 2


@register
class BlurPool3D(BlurPooling):
    """A blur that skips of volumes."""

    rank: ClassVar[int] = 3


@register
class GlobalMaxPooling1D(GlobalPooling):
    """The largest value of each channel of sequences."""

    rank: ClassVar[int] = 1


@register
class GlobalMaxPooling2D(GlobalPooling):
    """The largest value of each channel of images."""

    rank: ClassVar[int] = 2


@register
class GlobalMaxPooling3D(GlobalPooling):
    """The largest value of each channel of volumes."""

    rank: ClassVar[int] = 3


@register
@dataclass(frozen=True)
class GlobalAveragePooling1D(Calling, GlobalPooling):
    """The mean of each channel of sequences, of the steps that count."""

    roles: ClassVar[tuple[str, ...]] = ("inputs", "mask")
    rank: ClassVar[int] = 1

    def output(self, *inputs: Spec) -> Spec:
        given = self.called(inputs)
        check_mask(given.get("mask"), given["inputs"])
        return super().output(given["inputs"])


@register
class GlobalAveragePooling2D(GlobalPooling):
    """The mean of each channel of images."""

    rank: ClassVar[int] = 2


@register
class GlobalAveragePooling3D(GlobalPooling):
    """The mean of each channel of volumes."""

    rank: ClassVar[int] = 3


@register
class GlobalMinPooling1D(GlobalPooling):
    """The smallest value of each channel of sequences."""

    rank: ClassVar[int] = 1


@register
class GlobalMinPooling2D(GlobalPooling):
    """The smallest value of each channel of images."""

    rank: ClassVar[int] = 2


@register
class GlobalMinPooling3D(GlobalPooling):
    """The smallest value of each channel of volumes."""

    rank: ClassVar[int] = 3


@register
class GlobalL2Pooling1D(GlobalPooling):
    """The Euclidean norm of each channel of sequences."""

    rank: ClassVar[int] = 1


@register
class GlobalL2Pooling2D(GlobalPooling):
    """The Euclidean norm of each channel of images."""

    rank: ClassVar[int] = 2


@register
class GlobalL2Pooling3D(GlobalPooling):
    """The Euclidean norm of each channel of volumes."""

    rank: ClassVar[int] = 3


@register
class AdaptiveMaxPooling1D(AdaptivePooling):
    """The largest value of each bin of sequences."""

    rank: ClassVar[int] = 1


@register
class AdaptiveMaxPooling2D(AdaptivePooling):
    """The largest value of each bin of images."""

    rank: ClassVar[int] = 2


@register
class AdaptiveMaxPooling3D(AdaptivePooling):
    """The largest value of each bin of volumes."""

    rank: ClassVar[int] = 3


@register
class AdaptiveAveragePooling1D(AdaptivePooling):
    """The mean of each bin of sequences."""

    rank: ClassVar[int] = 1


@register
class AdaptiveAveragePooling2D(AdaptivePooling):
    """The mean of each bin of images."""

    rank: ClassVar[int] = 2


@register
class AdaptiveAveragePooling3D(AdaptivePooling):
    """The mean of each bin of volumes."""

    rank: ClassVar[int] = 3


@register
class DepthwiseMaxPooling(DepthwisePooling):
    """The largest value of each window of channels; padding never wins."""


@register
class DepthwiseAveragePooling(DepthwisePooling):
    """The mean of each window of channels; padding is not counted."""
