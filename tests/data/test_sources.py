"""`source` knows every form of data, and says what is no data."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from striate.data import source
from striate.errors import DataError

pytestmark = pytest.mark.torch


def _text(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(DataError) as caught:
        source(*args, **kwargs)
    return str(caught.value)


def test_a_source_is_returned_as_it_is() -> None:
    made = source(np.zeros(3))
    assert source(made) is made


@pytest.mark.parametrize("x", [[[1, 2], [3, 4]], [1, 2], (np.zeros(2), np.ones(2)), {"a": [1, 2]}])
def test_lists_tuples_and_dicts_are_arrays(x: Any) -> None:
    assert source(x, [0, 1]).num_samples == 2


def test_batch_size_follows_from_steps_if_none_is_given() -> None:
    assert source(np.zeros(100), batch_size=None).batch_size == 32
    assert source(np.zeros(100), batch_size=None, steps=3).batch_size == 34


def test_class_weights_and_sample_weights_are_multiplied() -> None:
    stream = source(np.zeros(2), [0, 1], [1.0, 3.0], class_weight={0: 2.0, 1: 5.0}, shuffle=False)
    ((_, _, weights),) = stream.batches(0)
    assert weights.tolist() == [2, 15]


def test_one_weight_array_per_output_is_kept_so() -> None:
    w = [np.ones(2), np.zeros(2)]
    ((_, _, weights),) = source(np.zeros(2), [np.zeros(2), np.zeros(2)], w).batches(0)
    assert isinstance(weights, tuple)


def test_values_that_are_not_finite_are_found_before_the_first_batch() -> None:
    x = np.zeros((3, 2), np.float32)
    y = np.array([0, np.nan, 0])
    assert _text(x, y).startswith("y: sample 1 is not finite.")
    assert source(x, y, finite=False).num_samples == 3


@pytest.mark.parametrize(
    ("args", "kwargs", "text"),
    [
        (
            (np.zeros(3),),
            {"batch_size": 0},
            "data: batch_size cannot be used. Got batch_size=0. Expected a whole number >= 1.",
        ),
        (
            (np.zeros(3),),
            {"steps": -1},
            "data: steps cannot be used. Got steps=-1. Expected a whole number >= 1.",
        ),
        (
            (itertools.cycle([1]),),
            {},
            "cycle: it is endless. Expected the number of batches of an epoch. "
            "Give steps_per_epoch.",
        ),
        (
            (iter([]), np.zeros(3), np.zeros(3)),
            {},
            "list_iterator: y and sample_weight cannot be given beside data that make their own "
            "batches. Expected x to give (x, y) or (x, y, sample_weight).",
        ),
        (
            ("mnist",),
            {},
            "x: this is no data. Got x='mnist'. Expected arrays, a generator or iterable of "
            "batches, a torch Dataset or DataLoader, or a Sequence. Load a data set by name with "
            "`striate.datasets.load(name)`.",
        ),
        (
            (3.5,),
            {},
            "x: a single number has no samples. Got shape=(). Expected an array whose first axis "
            "counts the samples.",
        ),
        (
            (object(),),
            {},
            "x: this is no data. Got type='object'. Expected arrays, a generator or iterable of "
            "batches, a torch Dataset or DataLoader, or a Sequence.",
        ),
        (
            (None,),
            {},
            "x: this is no data. Got type='NoneType'. Expected arrays, a generator or iterable of "
            "batches, a torch Dataset or DataLoader, or a Sequence.",
        ),
        (
            (["a", "b"],),
            {},
            "x: this array does not hold real numbers. Got dtype='<U1'. Expected integers, floats "
            "or booleans. Convert it first, for example with `.astype('float32')`.",
        ),
        (
            ([[1, 2], [3]], [0, 1]),
            {},
            "x: the rows of this list have different lengths. Expected the same shape for every "
            "sample. Pad or cut the samples to one shape first.",
        ),
        (
            ([],),
            {},
            "data: there are no samples. Got x=(0,). Expected at least one sample.",
        ),
        (
            (np.zeros(3), "labels"),
            {},
            "y: this is no array. Got type='str'. Expected a numpy array, a tensor, a list of "
            "numbers, or several of them.",
        ),
    ],
)
def test_what_cannot_be_used_is_said(args: Any, kwargs: Any, text: str) -> None:
    assert _text(*args, **kwargs) == text
