"""The confusion matrix: counts, shares, pairs, picture."""

from __future__ import annotations

import numpy as np
import pytest

from striate.diagnosis.confusion import ConfusionMatrix, confusion_matrix
from striate.errors import ArgumentError
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def test_counts_are_how_often_each_class_is_taken_for_each() -> None:
    found = predictions()
    wanted = np.zeros((4, 4), int)
    for true, taken in zip(found.labels, found.predicted, strict=True):
        wanted[true, taken] += 1
    assert (found.confusion_matrix().counts == wanted).all()


def test_shares_of_rows_columns_and_all() -> None:
    matrix = ConfusionMatrix(np.array([[3, 1], [0, 0]]), ("a", "b"))
    assert matrix.normalized("true").tolist() == [[0.75, 0.25], [0, 0]]
    assert matrix.normalized("predicted").tolist() == [[1, 1], [0, 0]]
    assert matrix.normalized("all").tolist() == [[0.75, 0.25], [0, 0]]
    with pytest.raises(ArgumentError) as caught:
        matrix.normalized("rows")
    assert str(caught.value) == (
        "confusion matrix: it cannot be normalized by this. Got normalize='rows'. "
        'Expected "true", "predicted", "all", or None for counts.'
    )


def test_pairs_are_the_mistakes_made_most() -> None:
    matrix = ConfusionMatrix(np.array([[9, 2, 0], [5, 1, 0], [0, 1, 4]]), ("a", "b", "c"))
    assert matrix.pairs(2) == [("b", "a", 5), ("a", "b", 2)]
    assert matrix.pairs() == [("b", "a", 5), ("a", "b", 2), ("c", "b", 1)]


def test_the_picture_names_classes_and_writes_what_is_asked_for() -> None:
    matrix = confusion_matrix(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), ["cat", "dog"])
    (axes,) = matrix.plot().axes
    assert [t.get_text() for t in axes.get_xticklabels()] == ["cat", "dog"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")
    assert [t.get_text() for t in axes.texts] == ["2", "1", "1"]
    (shares,) = matrix.plot(normalize="true").axes
    assert [t.get_text() for t in shares.texts] == [".67", ".33", "1.00"]


def test_large_matrices_have_no_numbers_and_few_names() -> None:
    names = tuple(f"class {i}" for i in range(120))
    (axes,) = ConfusionMatrix(np.eye(120, dtype=int), names).plot().axes
    assert not axes.texts
    assert len(axes.get_xticks()) == 40


def test_long_names_are_cut_in_the_picture_only() -> None:
    matrix = ConfusionMatrix(np.eye(2, dtype=int), ("short", "a name of twenty four ch"))
    (axes,) = matrix.plot().axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["short", "a name of twent\u2026"]
    assert matrix.header()[2] == "a name of twenty four ch"
