"""`augmented`: batches changed on their way to the training loop, labels and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from striate.data.batches import Batch, BatchSource
from striate.data.order import seeded
from striate.errors import DataError, message


def augmented(source: BatchSource, augment: Callable[[Any, Any], Any], seed: int = 0) -> Augmented:
    """The batches of a source after `augment(x, y)`, which gives the new (x, y).

    For what changes labels together with images, which a layer of a model cannot: MixUp, CutMix.
    What `augment` draws from the generators of torch, numpy and Python depends on (seed, epoch,
    step) alone, so that a run repeats, and resumes, exactly. Leave the seed of a layer out: it
    would count its draws apart from the run.

    Args:
        source: what `data.source` returns.
        augment: takes tensors x and y of a batch and returns both: the method `augment` of an
            augmentation layer, or a function of your own.
        seed: of the random numbers.

    Raises:
        DataError: `augment` returns something else, or another number of samples.

    Example:
        >>> import numpy as np
        >>> from striate import data, layers
        >>> plain = data.source(np.ones((8, 4, 4, 1)), np.eye(8), batch_size=4)
        >>> mixed = data.augmented(plain, layers.MixUp(0.2).augment)
        >>> [tuple(y.shape) for x, y, w in mixed.batches(epoch=0)]
        [(4, 8), (4, 8)]
    """
    return Augmented(source, augment, seed)


class Passing:
    """A source of the batches of another, which says what that one says.

    Args:
        source: where batches come from.
    """

    def __init__(self, source: BatchSource) -> None:
        self.source = source

    @property
    def num_batches(self) -> int | None:
        """Batches per epoch, as in the source."""
        return self.source.num_batches

    @property
    def num_samples(self) -> int | None:
        """Samples in the data, as in the source."""
        return self.source.num_samples

    @property
    def batch_size(self) -> int | None:
        """Samples per batch, as in the source."""
        return self.source.batch_size

    @property
    def shuffle(self) -> Any:
        """How the source mixes its samples; None where it does not say."""
        return getattr(self.source, "shuffle", None)

    @property
    def rewindable(self) -> bool:
        """Whether an epoch of the source can be had again."""
        return bool(getattr(self.source, "rewindable", True))


class Augmented(Passing):
    """A source of the batches of another, each changed by a function.

    Args:
        source: where batches come from.
        augment: (x, y) -> (x, y).
        seed: of its random numbers.
    """

    def __init__(self, source: BatchSource, augment: Callable[[Any, Any], Any], seed: int) -> None:
        super().__init__(source)
        self.augment, self.seed = augment, seed

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The changed batches of an epoch, without the first `start`."""
        for step, (x, y, sample_weight) in enumerate(self.source.batches(epoch, start), start):
            with seeded(self.seed, epoch, step):
                made = self.augment(x, y)
            yield *self._checked(made, x), sample_weight

    def _checked(self, made: Any, x: Any) -> tuple[Any, Any]:
        if not isinstance(made, tuple) or len(made) != 2:
            raise DataError(
                message(
                    "augment",
                    "it does not return images and labels",
                    got={"returned": type(made).__name__},
                    expected="a tuple (x, y)",
                )
            )
        before, after = getattr(x, "shape", None), getattr(made[0], "shape", None)
        if before is not None and after is not None and before[0] != after[0]:
            raise DataError(
                message(
                    "augment",
                    "it changes the number of samples of a batch",
                    got={"samples": int(after[0])},
                    expected=f"{int(before[0])}",
                )
            )
        return made
