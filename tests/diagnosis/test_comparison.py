"""McNemar's test against exact sums and a published table."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from striate.diagnosis import mcnemar
from striate.errors import DataError
from tests.diagnosis.predictions import predictions

pytestmark = pytest.mark.torch


def table(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    a = [True] * both + [True] * first + [False] * second + [False] * neither
    b = [True] * both + [False] * first + [True] * second + [False] * neither
    return np.array(a), np.array(b)


# Agresti, Categorical data analysis, approval of the prime minister: 150 and 86 changed.
def test_a_published_table() -> None:
    found = mcnemar(*table(794, 150, 86, 570))
    assert (found.both_right, found.only_first, found.only_second) == (794, 150, 86)
    assert found.chi_square == pytest.approx((64 - 1) ** 2 / 236)
    assert found.chi_square_p == pytest.approx(4.115e-5, rel=1e-3)
    assert found.exact_p == pytest.approx(3.716e-5, rel=1e-3)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (3, 3), (9, 2), (40, 60), (0, 30)])
def test_the_exact_form_is_the_sum_of_binomial_terms(first: int, second: int) -> None:
    total = first + second
    tail = sum(comb(total, i) for i in range(min(first, second) + 1))
    wanted = min(1.0, float(Fraction(2 * tail, 2**total)))
    assert mcnemar(*table(5, first, second, 1)).exact_p == pytest.approx(wanted, rel=1e-9)


def test_few_disagreements_are_said_to_be_few() -> None:
    found = mcnemar(*table(5, 3, 1, 1))
    assert found.title == "accuracy 0.800 and 0.600 on the same 10 samples"
    assert found.notes()[1].endswith("too few disagreements to rely on it")
    assert "too few" not in mcnemar(*table(5, 30, 1, 1)).notes()[1]


def test_evaluations_are_compared_by_what_they_get_right() -> None:
    one, other = predictions(), predictions().with_temperature(2.0)
    assert mcnemar(one, other).exact_p == 1.0


def test_other_samples() -> None:
    text = (
        "mcnemar: the two are not measured on the same samples. Got first=({},), second=({},). "
        "Expected two evaluations of the same data in the same order, "
        "or two arrays of True and False."
    )
    with pytest.raises(DataError) as caught:
        mcnemar(predictions(), predictions(count=100))
    assert str(caught.value) == text.format(200, 100)
    with pytest.raises(DataError) as caught:
        mcnemar(predictions(), predictions(seed=1))
    assert str(caught.value) == text.format(200, 200)
    with pytest.raises(DataError):
        mcnemar(np.array([1, 0]), np.array([1, 1]))
