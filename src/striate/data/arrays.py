"""Batches from arrays in memory: gathered straight into fresh tensors."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.batches import Batch
from striate.data.checks import capped_steps, check_samples
from striate.data.leaves import Role, cast, shared_tensor
from striate.data.nested import Nested, is_several, leaves, rebuild
from striate.data.order import Shuffle, epoch_order, places

if TYPE_CHECKING:
    import torch

Change = Callable[[Any, "np.ndarray[Any, Any]", int, int], Any]


class ArraySource:
    """Batches of samples that lie in arrays or tensors.

    Nothing is copied at construction and the data keep their number type; a batch is gathered
    with one `index_select` per array and then has the type the model needs. The last, shorter
    batch is kept. With `steps` below the number of batches an epoch covers only that many, and
    the next epoch goes on behind it: the data are passed over completely before they repeat.

    Args:
        x, y, sample_weight: arrays as `leaves.as_nested` gives them.
        batch_size: samples per batch.
        shuffle: see `order.epoch_order`.
        seed: the order is a function of it and the epoch.
        steps: batches per epoch; None: all.
    """

    rewindable = True
    independent = True  # a batch depends on (epoch, step) alone: another thread may make it

    def __init__(
        self,
        x: Nested,
        y: Nested = None,
        sample_weight: Nested = None,
        *,
        batch_size: int = 32,
        shuffle: Shuffle = True,
        seed: int = 0,
        steps: int | None = None,
    ) -> None:
        self.num_samples = check_samples(x, y, sample_weight)
        self.batch_size = batch_size
        self.shuffle: Shuffle = shuffle
        self.seed = seed
        self._total = math.ceil(self.num_samples / batch_size)
        self.num_batches = capped_steps(steps, self._total) or self._total
        parts: tuple[tuple[Nested, Role], ...] = (
            (x, "x"),
            (y, "y"),
            (sample_weight, "sample_weight"),
        )
        self._leaves = [(shared_tensor(a), role) for data, role in parts for a in leaves(data)]
        self._structure = (x, y, sample_weight)
        self._counts = [len(leaves(data)) for data, _ in parts]
        self._assemble = self._assembler()
        self._change: Change | None = None

    @property
    def has_one_input(self) -> bool:
        """Whether x is one array."""
        return self._counts[0] == 1

    def changed(self, change: Change) -> ArraySource:
        """The same source, whose first array goes through `change(x, samples, epoch, step)`.

        `samples` are the numbers of the batch's samples, `step` the number of the batch.
        """
        made = copy.copy(self)
        made._change = change
        return made

    def batches(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of an epoch in the order of (seed, epoch), without the first `start`."""
        current, order = -1, None
        for _, turn, index in places(epoch, start, self.num_batches, self._total):
            if turn != current:
                current, order = turn, self._order(turn)
            begin = index * self.batch_size
            count = min(self.batch_size, self.num_samples - begin)
            found = self._gather(order, begin, count)
            if self._change is not None:
                samples = np.arange(begin, begin + count)
                samples = samples if order is None else order[begin : begin + count].numpy()
                found[0] = self._change(found[0], samples, turn, index)
            yield self._assemble(found)

    def _order(self, turn: int) -> torch.Tensor | None:
        import torch

        order = epoch_order(
            self.num_samples,
            seed=self.seed,
            epoch=turn,
            shuffle=self.shuffle,
            batch_size=self.batch_size,
        )
        return None if order is None else torch.from_numpy(order)

    def _gather(self, order: torch.Tensor | None, begin: int, count: int) -> list[torch.Tensor]:
        if order is None:  # cloned: a model that writes into its input must not change the data
            found = [(leaf.narrow(0, begin, count).clone(), role) for leaf, role in self._leaves]
        else:
            index = order.narrow(0, begin, count)
            found = [
                (leaf.index_select(0, index.to(leaf.device)), role) for leaf, role in self._leaves
            ]
        return [cast(tensor, role) for tensor, role in found]

    def _assembler(self) -> Callable[[list[torch.Tensor]], Batch]:
        x, y, sample_weight = self._structure
        if self._counts == [1, 1, 0] and not is_several(x) and not is_several(y):
            return lambda found: (found[0], found[1], None)
        a, b = self._counts[0], self._counts[0] + self._counts[1]

        def assemble(found: list[torch.Tensor]) -> Batch:
            return (
                rebuild(x, found[:a]),
                rebuild(y, found[a:b]),
                rebuild(sample_weight, found[b:]),
            )

        return assemble
