"""`moved`: images mirrored in every second epoch and shifted by a few pixels, as they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from striate.data.arrays import ArraySource
from striate.data.augmenting import augmented
from striate.data.batches import BatchSource
from striate.data.order import generator

if TYPE_CHECKING:
    import torch


def moved(source: BatchSource, *, flip: bool, shift: int, seed: int = 0) -> BatchSource:
    """A source whose images (N, H, W, C) are mirrored left to right and shifted.

    Of arrays, a random half of the images is mirrored in even epochs and the other half in odd
    ones, so that two epochs show both sides of each; elsewhere, where samples have no number, each
    is mirrored at random. Shifts are whole pixels, drawn anew each time, borders mirrored. All of
    it depends on (seed, epoch, step) alone.

    Args:
        source: what `data.source` returns.
        flip: whether to mirror.
        shift: by how many pixels at most.
        seed: of the random numbers.

    Example:
        >>> import numpy as np
        >>> from striate import data
        >>> x = np.arange(4, dtype=np.uint8).reshape(1, 1, 4, 1).repeat(2, axis=0)
        >>> plain = data.source(x, np.zeros(2), shuffle=False)
        >>> both = [data.moved(plain, flip=True, shift=0).batches(epoch) for epoch in (0, 1)]
        >>> sides = [next(batches)[0][0, 0, :, 0].tolist() for batches in both]
        >>> sorted(sides)
        [[0, 1, 2, 3], [3, 2, 1, 0]]

    References:
        Jordan (2024), https://arxiv.org/abs/2404.00498
    """
    moves = Moves(flip, shift, seed, source.num_samples or 0)
    if isinstance(source, ArraySource) and source.has_one_input:
        return source.changed(moves)
    return augmented(source, lambda x, y: (moves.anyhow(x), y), seed)


class Moves:
    """Changes a batch of images by numbers that depend on (seed, epoch, step).

    Args:
        flip, shift, seed: as in `moved`.
        num_samples: images in the data.
    """

    def __init__(self, flip: bool, shift: int, seed: int, num_samples: int) -> None:
        self.flip, self.shift, self.seed = flip, shift, seed
        self.first_half = generator(seed).integers(0, 2, num_samples).astype(bool)

    def __call__(self, x: torch.Tensor, samples: np.ndarray, epoch: int, step: int) -> torch.Tensor:
        """The batch at a step, whose images have these numbers."""
        mirrored = self.first_half[samples] ^ bool(epoch % 2)
        return self._gathered(x, mirrored, generator(self.seed, epoch, step))

    def anyhow(self, x: torch.Tensor) -> torch.Tensor:
        """A batch of images without numbers."""
        drawn = np.random.default_rng(np.random.randint(2**31))
        return self._gathered(x, drawn.integers(0, 2, len(x)).astype(bool), drawn)

    def _gathered(
        self, x: torch.Tensor, mirrored: np.ndarray, drawn: np.random.Generator
    ) -> torch.Tensor:
        """One gather does it all: each image's rows and columns are read in their new order."""
        import torch

        count, height, width = x.shape[:3]
        shifts = drawn.integers(-self.shift, self.shift + 1, (2, count, 1))
        rows = _inside(np.arange(height) + shifts[0], height)
        columns = np.arange(width)[None].repeat(count, 0)
        if self.flip:
            columns[mirrored] = columns[mirrored, ::-1]
        columns = _inside(columns + shifts[1], width)
        places = (rows[:, :, None] * width + columns[:, None, :]).reshape(count, -1)
        places += (np.arange(count) * (height * width))[:, None]
        index = torch.from_numpy(places.reshape(-1)).to(x.device)
        return x.reshape(count * height * width, -1).index_select(0, index).reshape(x.shape)


def _inside(index: np.ndarray, size: int) -> np.ndarray:
    """Numbers beyond a border, mirrored at it."""
    found: np.ndarray = (size - 1) - np.abs((size - 1) - np.abs(index))
    return found
