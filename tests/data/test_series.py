"""Windows of a series, as Keras takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.series import TimeseriesGenerator, windows
from striate.errors import ArgumentError, DataError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import sequence as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"

DATA = np.arange(60).reshape(30, 2)
GOALS = np.arange(30) * 10


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sampling_rate": 2, "stride": 3},
        {"start_index": 4, "end_index": 20, "reverse": True},
        {"stride": 2, "batch_size": 100},
        {"shuffle": True},
    ],
)
def test_batches_are_those_of_keras(options: dict[str, Any]) -> None:
    options = {"length": 6, "batch_size": 4, **options}
    ours, theirs = (g(DATA, GOALS, **options) for g in (TimeseriesGenerator, _theirs()))
    assert len(ours) == len(theirs)
    for number in range(len(ours)):
        np.random.seed(number)
        expected = theirs[number]
        np.random.seed(number)
        for found, wanted in zip(ours[number], expected, strict=True):
            np.testing.assert_array_equal(found, wanted)


def _theirs() -> Any:
    return oracle.TimeseriesGenerator


def test_windows_by_their_definition() -> None:
    x, y = windows(DATA, GOALS, length=3, stride=4, sampling_rate=2, start_index=5, end_index=28)
    assert y is not None
    assert y.tolist() == [50, 90, 130, 170, 210]
    for k, window in enumerate(x):
        first = 5 + 4 * k
        np.testing.assert_array_equal(window, DATA[[first, first + 2, first + 4]])
    short, goals = windows(DATA, GOALS[:7], length=2)
    assert goals is not None
    assert (len(short), len(goals)) == (7, 7)


def test_errors() -> None:
    with pytest.raises(DataError) as error:
        TimeseriesGenerator(DATA, GOALS[:5], length=2)
    assert str(error.value) == (
        "TimeseriesGenerator: the series and its targets have different lengths. "
        "Got data=30, targets=5. Expected the same number of steps."
    )
    with pytest.raises(DataError) as error:
        TimeseriesGenerator(DATA, GOALS, length=40)
    assert str(error.value) == (
        "TimeseriesGenerator: the series is shorter than a window. "
        "Got start_index + length=40, end_index=29. Expected start_index + length <= end_index."
    )
    with pytest.raises(IndexError) as outside:
        TimeseriesGenerator(DATA, GOALS, length=3)[1]
    assert str(outside.value) == "TimeseriesGenerator: there is no batch 1."
    with pytest.raises(ArgumentError) as wrong:
        windows(DATA, None, length=3, stride=0)
    assert str(wrong.value) == (
        "timeseries_dataset_from_array: sequence_stride does not fit the series. "
        "Got sequence_stride=0, steps=30. Expected at least 1 and less than the number of steps."
    )
