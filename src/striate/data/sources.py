"""`source`: whatever a person calls data, as batches for the training loop."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, TypedDict

from striate.data.arrays import ArraySource
from striate.data.batches import BatchSource, ClassWeight, with_class_weight
from striate.data.checks import check_batch_size, check_finite, check_samples, check_steps
from striate.data.leaves import as_nested, is_array_like, is_numbers, is_several_arrays
from striate.data.nested import Nested
from striate.data.order import Shuffle
from striate.data.sequences import SequenceSource, is_sequence
from striate.data.streams import GeneratorSource, IterableSource
from striate.data.torch_sets import torch_kind, torch_source
from striate.errors import DataError, message

_BATCH_SIZE = 32
_ENDLESS = (itertools.cycle, itertools.count, itertools.repeat)


def source(
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    batch_size: int | None = 32,
    shuffle: Shuffle = True,
    seed: int = 0,
    class_weight: ClassWeight = None,
    steps: int | None = None,
    finite: bool = True,
) -> BatchSource:
    """Batches `(x, y, sample_weight)` of tensors from any form of data.

    The number types of a batch: x keeps integers as they are (uint8 images stay uint8 until they
    are on the device), floats become float32; y: integers and booleans become int64, floats
    float32; weights are float32. The data themselves are neither copied nor converted.

    Args:
        x: an array (numpy, torch, pandas, h5py, list of numbers), several in a list, tuple or
            dict; or something that gives batches itself: a generator or other iterable, a torch
            Dataset or DataLoader (images NHWC), an object with `__len__` and `__getitem__` such
            as Keras's Sequence. What is already a BatchSource is returned as it is.
        y: targets in the same forms; only beside arrays.
        sample_weight: a number per sample, or one array per output; only beside arrays.
        batch_size: samples per batch where striate makes the batches; None: 32, or what gives
            `steps` batches.
        shuffle: mixes samples (of a Sequence: batches) anew each epoch, by (seed, epoch) alone;
            `"batch"` mixes inside batches only. Iterables keep their own order.
        seed: of the order.
        class_weight: label -> weight, multiplied into the sample weights.
        steps: batches per epoch; needed where the data are endless.
        finite: looks for NaN and infinity in arrays of floats first.

    Raises:
        DataError: whatever is wrong with the data or the arguments, with what to do about it.

    Example:
        >>> import numpy as np
        >>> batches = source(np.zeros((100, 8, 8, 1), np.uint8), np.zeros(100), batch_size=64)
        >>> batches.num_batches, [tuple(x.shape) for x, y, w in batches.batches(epoch=0)]
        (2, [(64, 8, 8, 1), (36, 8, 8, 1)])
    """
    if hasattr(x, "batches") and isinstance(x, BatchSource):  # the second question is a slow one
        return x
    steps = None if steps is None else check_steps(steps)
    size = None if batch_size is None else check_batch_size(batch_size)
    options: _Options = {"steps": steps, "shuffle": shuffle, "seed": seed}
    if _is_arrays(x, y):
        data = (as_nested("x", x), as_nested("y", y), as_nested("sample_weight", sample_weight))
        return _array_source(data, class_weight, size, finite, options)
    _refuse_beside(x, y=y, sample_weight=sample_weight)
    kind = torch_kind(x)
    if kind is not None:
        return torch_source(
            x, kind, batch_size=size or _BATCH_SIZE, class_weight=class_weight, **options
        )
    return _made_source(x, class_weight, options)


class _Options(TypedDict):
    steps: int | None
    shuffle: Shuffle
    seed: int


def _is_arrays(x: object, y: object) -> bool:
    if is_array_like(x) or isinstance(x, dict) or is_several_arrays(x) or is_numbers(x):
        return True
    # Other lists: of batches, if they hold tuples and come without targets; else `as_nested`
    # says what is wrong with them.
    return isinstance(x, (list, tuple)) and (y is not None or not isinstance(x[0], (list, tuple)))


def _array_source(
    data: tuple[Nested, Nested, Nested],
    class_weight: ClassWeight,
    batch_size: int | None,
    finite: bool,
    options: _Options,
) -> ArraySource:
    x, y, sample_weight = data
    num_samples = check_samples(x, y, sample_weight)
    if finite:
        for name, part in (("x", x), ("y", y), ("sample_weight", sample_weight)):
            if part is not None:
                check_finite(part, name)
    if class_weight is not None:
        sample_weight = with_class_weight(y, sample_weight, class_weight)
    if batch_size is None:
        steps = options["steps"]
        batch_size = _BATCH_SIZE if steps is None else math.ceil(num_samples / steps)
    return ArraySource(x, y, sample_weight, batch_size=batch_size, **options)


def _made_source(x: Any, class_weight: ClassWeight, options: _Options) -> BatchSource:
    steps = options["steps"]
    if isinstance(x, (str, bytes)) or not (hasattr(x, "__iter__") or is_sequence(x)):
        raise _wrong_type(x)
    endless = isinstance(x, _ENDLESS) or getattr(x, "endless", False) is True
    if endless and steps is None:
        raise DataError(
            message(
                type(x).__name__,
                "it is endless",
                expected="the number of batches of an epoch",
                fix="Give steps_per_epoch",
            )
        )
    if isinstance(x, Iterator) and not is_sequence(x):
        return GeneratorSource(x, steps=steps, class_weight=class_weight)
    if is_sequence(x) and not isinstance(x, (list, tuple)):
        return SequenceSource(x, class_weight=class_weight, **options)
    return IterableSource(x, steps=steps, class_weight=class_weight, seed=options["seed"])


def _refuse_beside(x: object, **others: object) -> None:
    given = [name for name, value in others.items() if value is not None]
    if given and (hasattr(x, "__iter__") or is_sequence(x)) and not isinstance(x, (str, bytes)):
        raise DataError(
            message(
                type(x).__name__,
                f"{' and '.join(given)} cannot be given beside data that make their own batches",
                expected="x to give (x, y) or (x, y, sample_weight)",
            )
        )


def _wrong_type(x: object) -> DataError:
    fix = "Load a data set by name with `striate.datasets.load(name)`"
    return DataError(
        message(
            "x",
            "this is no data",
            got={"x": x[:40]} if isinstance(x, str) else {"type": type(x).__name__},
            expected="arrays, a generator or iterable of batches, a torch Dataset or DataLoader, "
            "or a Sequence",
            fix=fix if isinstance(x, str) else "",
        )
    )
