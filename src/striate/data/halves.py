"""Data in two parts of any size."""

from __future__ import annotations

from typing import Any

import numpy as np

from striate.data.leaves import is_array_like
from striate.errors import ArgumentError, DataError, message

Size = float | int | None


def split_dataset(
    dataset: Any,
    left_size: Size = None,
    right_size: Size = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """A left and a right part of arrays or of a torch Dataset, as torch Datasets.

    Args:
        dataset: an array, several of one length in a list or tuple, or a torch Dataset.
        left_size, right_size: whole numbers of samples, or fractions; one may be left out.
        shuffle: mixes the samples first.
        seed: of the order.

    Raises:
        ArgumentError: no size, or sizes that do not fit.
        DataError: data of another form.

    Example:
        >>> import numpy as np
        >>> left, right = split_dataset(np.arange(10), left_size=0.7)
        >>> len(left), len(right), right[0][0].item()
        (7, 3, 7)
    """
    from torch.utils.data import Subset

    data = _as_dataset(dataset)
    left, right = split_sizes(left_size, right_size, len(data))
    order = np.arange(len(data))
    if shuffle:
        np.random.RandomState(seed).shuffle(order)
    places = order[: left + right].tolist()
    return Subset(data, places[:left]), Subset(data, places[left:])


def split_sizes(left_size: Size, right_size: Size, total: int) -> tuple[int, int]:
    """Both sizes as numbers of samples; what is left out is the rest.

    Raises:
        ArgumentError: none is given, an empty part, or more than there is.
    """
    left, right = (_count(size, total) for size in (left_size, right_size))
    if left is None and right is not None:
        left = total - right
    elif right is None and left is not None:
        right = total - left
    if left is None or right is None or left < 1 or right < 1 or left + right > total:
        raise ArgumentError(
            message(
                "split_dataset",
                "the data cannot be split like this",
                got={"left_size": left_size, "right_size": right_size, "samples": total},
                expected="one size or both, each a fraction or a number of samples, no part empty",
            )
        )
    return left, right


def _count(size: Size, total: int) -> int | None:
    return round(size * total) if isinstance(size, float) else size


def _as_dataset(dataset: Any) -> Any:
    import torch
    from torch.utils.data import Dataset, TensorDataset

    if isinstance(dataset, Dataset):
        return dataset
    arrays = list(dataset) if isinstance(dataset, (list, tuple)) else [dataset]
    if not arrays or not all(is_array_like(array) for array in arrays):
        raise DataError(
            message(
                "split_dataset",
                "these data cannot be split",
                got={"type": type(dataset).__name__},
                expected="an array, a list of arrays, or a torch Dataset",
            )
        )
    return TensorDataset(*(torch.as_tensor(np.asarray(array)) for array in arrays))
