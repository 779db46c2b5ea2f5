"""Slices: the accuracy for each value of a column."""

from __future__ import annotations

import numpy as np
import pytest

from striate.diagnosis.slices import slices
from striate.errors import DataError

pytestmark = pytest.mark.torch

RIGHT = np.array([True] * 60 + [False] * 40)


def test_accuracies_are_those_of_the_parts() -> None:
    values = ["night" if i % 4 == 0 else "day" for i in range(100)]
    found = slices(RIGHT, values, "time")
    assert found.names == ("day", "night")
    assert [(p.count, p.total) for p in found.accuracies] == [(45, 75), (15, 25)]
    assert found.overall.count == 60
    assert found.weak == []


def test_a_slice_clearly_below_the_rest_is_named() -> None:
    found = slices(RIGHT, np.arange(100) >= 60, "late")
    assert found.names == ("False", "True")
    assert found.weak == ["True"]
    assert str(found).splitlines()[-1] == "clearly below the overall accuracy: True"


def test_many_numbers_become_four_ranges() -> None:
    found = slices(RIGHT, np.linspace(0, 1, 100), "brightness")
    assert found.names == ("0 to 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 to 1")
    assert [p.total for p in found.accuracies] == [25] * 4
    assert [p.count for p in found.accuracies] == [25, 25, 10, 0]


def test_few_numbers_are_values() -> None:
    assert slices(RIGHT, np.arange(100) % 3, "rest").names == ("0", "1", "2")
    assert slices(RIGHT, np.where(RIGHT, 0.5, 2.0), "size").names == ("0.5", "2")


def test_skewed_numbers_keep_the_ranges_that_have_samples() -> None:
    values = np.concatenate([np.zeros(80), np.arange(1, 21)])
    found = slices(RIGHT, values, "count")
    assert sum(p.total for p in found.accuracies) == 100
    assert all(p.total for p in found.accuracies)


@pytest.mark.parametrize(
    ("values", "shown"),
    [([1, 2], "values=(2,), missing=0"), ([float("nan")] * 100, "values=(100,), missing=100")],
)
def test_a_column_that_does_not_fit(values: list[float], shown: str) -> None:
    with pytest.raises(DataError) as caught:
        slices(RIGHT, values, "size")
    assert str(caught.value) == (
        "slices by size: the column does not fit the samples. "
        f"Got {shown}, samples=100. Expected one value for every sample."
    )


def test_the_figure_has_a_line_per_slice() -> None:
    (axes,) = slices(RIGHT, np.arange(100) % 3, "rest").plot().axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["0", "1", "2"]
