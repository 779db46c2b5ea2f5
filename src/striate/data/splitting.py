"""The last part of the data set aside for validation, as Keras does it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from striate.data.checks import check_samples
from striate.data.leaves import as_nested, is_array_like, is_numbers, is_several_arrays
from striate.data.nested import Nested, apply
from striate.errors import DataError, message

Part = tuple[Nested, Nested, Nested]


def split(
    x: Any, y: Any = None, sample_weight: Any = None, fraction: float = 0.1
) -> tuple[Part, Part]:
    """(x, y, sample_weight) for training and for validation: the last `fraction`, unshuffled.

    The training part has floor(N * (1 - fraction)) samples. Nothing is copied. Data that are
    sorted by class should be mixed before, or the validation sees only the last classes.

    Raises:
        DataError: data that are not arrays, a fraction outside (0, 1), or an empty part.

    Example:
        >>> import numpy as np
        >>> train, validation = split(np.arange(10), fraction=0.2)
        >>> train[0].tolist(), validation[0].tolist()
        ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9])
    """
    if not isinstance(fraction, (int, float, np.number)) or not 0 < fraction < 1:
        raise DataError(
            message(
                "validation_split",
                "this is no fraction of the data",
                got={"validation_split": fraction},
                expected="0 < validation_split < 1",
            )
        )
    arrays = is_array_like(x) or isinstance(x, dict) or is_several_arrays(x) or is_numbers(x)
    if not arrays:
        raise DataError(
            message(
                "validation_split",
                "only arrays can be split",
                got={"x": type(x).__name__},
                expected="numpy arrays, tensors or lists of numbers",
                fix="Give validation_data instead",
            )
        )
    data = (as_nested("x", x), as_nested("y", y), as_nested("sample_weight", sample_weight))
    num_samples = check_samples(*data)
    # The product as Keras writes it: rounding decides where the cut lies.
    cut = math.floor(num_samples * (1.0 - float(fraction)))
    if cut in (0, num_samples):
        raise DataError(
            message(
                "validation_split",
                f"the {'training' if cut == 0 else 'validation'} part would be empty",
                got={"validation_split": fraction, "samples": num_samples},
                expected="at least one sample in each part",
            )
        )
    train = tuple(apply(lambda _, leaf: leaf[:cut], "", part) for part in data)
    validation = tuple(apply(lambda _, leaf: leaf[cut:], "", part) for part in data)
    return train, validation
