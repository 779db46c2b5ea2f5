"""`resized`: images made smaller as they are read, by as much as the epoch says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from striate.data.augmenting import Passing
from striate.data.batches import Batch, BatchSource

if TYPE_CHECKING:
    import torch

Size = tuple[int, int]


def resized(source: BatchSource, sizes: Mapping[int, Size]) -> Resized:
    """The batches of a source, their images (N, H, W, C) at the size of the epoch.

    Bilinear, with a window that covers all pixels that one is made from (antialiasing); bytes
    stay bytes.

    Args:
        source: what `data.source` returns.
        sizes: height and width by epoch; epochs that are not there see images as they are.

    Example:
        >>> import numpy as np
        >>> from striate import data
        >>> plain = data.source(np.ones((2, 8, 8, 3), np.uint8), np.zeros(2))
        >>> small = data.resized(plain, {0: (4, 4)})
        >>> [tuple(next(small.batches(epoch))[0].shape) for epoch in (0, 1)]
        [(2, 4, 4, 3), (2, 8, 8, 3)]
    """
    return Resized(source, sizes)


class Resized(Passing):
    """A source of the batches of another, whose images are smaller in some epochs.

    Args:
        source: where batches come from.
        sizes: height and width by epoch.
    """

    def __init__(self, source: BatchSource, sizes: Mapping[int, Size]) -> None:
        super().__init__(source)
        self.sizes = dict(sizes)

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch, without the first `start`."""
        size = self.sizes.get(epoch)
        for x, y, sample_weight in self.source.batches(epoch, start):
            yield x if size is None else smaller(x, size), y, sample_weight


def smaller(x: Any, size: Size) -> torch.Tensor:
    """Images (N, H, W, C) at another size."""
    import torch
    import torch.nn.functional as F

    images = torch.as_tensor(x)
    known = images.dtype is torch.uint8 or images.dtype.is_floating_point
    planes = (images if known else images.float()).permute(0, 3, 1, 2)
    made = F.interpolate(planes, size, mode="bilinear", antialias=True, align_corners=False)
    return made.permute(0, 2, 3, 1).contiguous()
