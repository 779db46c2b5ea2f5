"""What is wrong with data is said in whole sentences, before the first batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.checks import (
    capped_steps,
    check_batch_size,
    check_finite,
    check_samples,
    check_steps,
)
from striate.errors import DataError


def _text(function: Any, *args: Any) -> str:
    with pytest.raises(DataError) as caught:
        function(*args)
    return str(caught.value)


def test_equal_lengths_give_the_number_of_samples() -> None:
    assert check_samples(np.zeros((5, 2)), (np.zeros(5), np.zeros((5, 3))), np.zeros(5)) == 5
    assert check_samples({"a": np.zeros(4)}) == 4


def test_mismatched_lengths_name_each_array_and_its_length() -> None:
    assert _text(check_samples, np.zeros((5, 2)), np.zeros(4), np.zeros(5)) == (
        "data: the arrays have different numbers of samples. Got x=5, y=4, sample_weight=5. "
        "Expected the same number in each."
    )
    assert _text(check_samples, {"left": np.zeros(3), "right": np.zeros(2)}) == (
        "data: the arrays have different numbers of samples. Got x['left']=3, x['right']=2. "
        "Expected the same number in each."
    )


def test_a_list_of_samples_is_recognised_and_long_lists_are_cut_short() -> None:
    samples = tuple(np.zeros((28, 28)) for _ in range(100))
    assert _text(check_samples, samples, np.zeros(100)) == (
        "data: the arrays have different numbers of samples. Got x[0]=28, x[1]=28, x[2]=28, "
        "x[3]=28, x[4]=28, x[5]=28, x[99]=28, y=100. Expected the same number in each. If x is a "
        "list of samples, write `np.stack(x)`."
    )


def test_empty_data_are_refused() -> None:
    assert _text(check_samples, np.zeros((0, 28, 28, 1)), np.zeros(0)) == (
        "data: there are no samples. Got x=(0, 28, 28, 1), y=(0,). Expected at least one sample."
    )
    assert _text(check_samples, {}) == ("data: there are no samples. Expected at least one sample.")


def test_a_single_number_is_refused() -> None:
    assert _text(check_samples, np.zeros(3), np.array(1.0)) == (
        "y: a single number has no samples. Got shape=(). Expected an array whose first axis "
        "counts the samples."
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("index", [0, 17, 29_999])
def test_the_first_sample_that_is_not_finite_is_named(bad: float, dtype: str, index: int) -> None:
    x = np.ones((30_000, 10, 3), dtype)
    x[index, 4, 1] = bad
    x[-1, 9, 2] = np.nan
    value = "nan" if index == 29_999 and np.isnan(bad) else str(bad)
    assert _text(check_finite, x) == (
        f"x: sample {index} is not finite. Got value='{value}', shape=(30000, 10, 3). Expected "
        "finite numbers. Find all with `np.unique(np.nonzero(~np.isfinite(x))[0])`."
    )


def test_finite_data_pass_even_if_their_sum_overflows() -> None:
    check_finite(np.full((1000, 10), 3e38, np.float32))
    check_finite(np.full((1000, 10), 6e4, np.float16))
    check_finite(np.zeros((3, 4), np.uint8))
    check_finite((np.zeros(3), np.zeros((3, 0))))
    check_finite(None)


def test_memory_maps_are_not_read(tmp_path: Path) -> None:
    x = np.memmap(tmp_path / "x", np.float32, "w+", shape=(3,))
    x[1] = np.nan
    check_finite(x)


@pytest.mark.torch
def test_tensors_are_scanned_too() -> None:
    import torch

    x = torch.zeros(4, 2)
    check_finite(x)
    check_finite(torch.zeros(4, dtype=torch.uint8))
    x[3, 1] = float("nan")
    assert _text(check_finite, {"a": x}).startswith("x['a']: sample 3 is not finite.")
    assert _text(check_finite, x.bfloat16(), "y").startswith("y: sample 3 is not finite.")


@pytest.mark.parametrize("value", [0, -3, 2.5, "64", None, True])
def test_a_batch_size_is_a_whole_number_of_at_least_one(value: object) -> None:
    assert _text(check_batch_size, value) == (
        f"data: batch_size cannot be used. Got batch_size={value!r}. Expected a whole number >= 1."
    )
    assert check_batch_size(np.int32(7)) == 7


def test_steps_follow_the_same_rule() -> None:
    assert _text(check_steps, 0) == (
        "data: steps cannot be used. Got steps=0. Expected a whole number >= 1."
    )
    assert check_steps(3) == 3


def test_more_steps_than_there_are_batches_are_cut_with_a_warning() -> None:
    assert capped_steps(None, 10) == 10
    assert capped_steps(4, 10) == 4
    assert capped_steps(4, None) == 4
    assert capped_steps(None, None) is None
    with pytest.warns(UserWarning, match="the data give") as caught:
        assert capped_steps(11, 10) == 10
    assert str(caught[0].message) == (
        "the data give 10 batches, not the 11 steps asked for; an epoch has 10 steps"
    )
