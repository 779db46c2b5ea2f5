"""The order of training data: a function of (seed, epoch, step), never of timing."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.random.mtrand import get_bit_generator, set_bit_generator

Shuffle = bool | Literal["batch"]


def epoch_order(
    num_items: int, *, seed: int, epoch: int, shuffle: Shuffle = True, batch_size: int = 1
) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """The order in which epoch `epoch` visits the items; None: as they stand.

    A permutation by the counter-based generator Philox, keyed with (seed, epoch) and nothing
    else: any epoch's order can be made at once, without those before it.

    Args:
        num_items: how many items are put in order.
        seed: the seed of the run.
        epoch: counts from 0.
        shuffle: `"batch"` keeps each batch's samples together and mixes only inside it (for data
            that are slow to read in any other order); False gives None.
        batch_size: the size of those batches.

    References: Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3.
    """
    if not shuffle:
        return None
    drawn = generator(seed, epoch)
    if shuffle != "batch":
        return drawn.permutation(num_items).astype(np.int64, copy=False)
    # Sorting random keys batch by batch: the batch number is the whole part of the key.
    keys = np.arange(num_items) // batch_size + drawn.random(num_items)
    return np.argsort(keys, kind="stable").astype(np.int64, copy=False)


def places(
    epoch: int, start: int, per_epoch: int, total: int | None
) -> Iterator[tuple[int, int, int]]:
    """(step, turn, index) of each batch of an epoch, from step `start` on.

    Epochs shorter than the data go on behind each other: `turn` counts how often all `total`
    batches were passed over, `index` is the batch's number in that turn.
    """
    for step in range(start, per_epoch):
        position = epoch * per_epoch + step
        turn, index = divmod(position, total) if total else (0, position)
        yield step, turn, index


@contextlib.contextmanager
def seeded(seed: int, epoch: int, step: int) -> Iterator[None]:
    """Inside the block, random numbers of `random`, numpy and torch depend on the three alone.

    A user's data set that augments with the global generators then gives the same batch for the
    same (seed, epoch, step), also after a resume. Outside, the generators go on as before; only
    the second of a pair of numbers that `np.random.normal` draws at once may be lost.
    """
    words = [int(word) for word in _sequence(seed, epoch, step).generate_state(3)]
    python = random.getstate()
    # numpy's whole generator is exchanged: to save and set its state takes 20 times as long.
    legacy = get_bit_generator()
    set_bit_generator(_INSIDE)
    torch = sys.modules.get("torch")  # not loaded: then the data set does not use it either
    state = None if torch is None else torch.default_generator.get_state()
    random.seed(words[0])
    np.random.seed(words[1])
    if torch is not None:
        torch.default_generator.manual_seed(words[2])
    try:
        yield
    finally:
        random.setstate(python)
        set_bit_generator(legacy)
        if torch is not None and state is not None:
            torch.default_generator.set_state(state)


_INSIDE = np.random.MT19937(0)


def _sequence(*key: int) -> np.random.SeedSequence:
    # SeedSequence takes no negative numbers; both halves keep -1 and 1 apart.
    return np.random.SeedSequence([word for k in key for word in (abs(int(k)), int(k < 0))])


def generator(*key: int) -> np.random.Generator:
    """Random numbers that depend on the key alone."""
    return np.random.Generator(np.random.Philox(_sequence(*key)))
