"""Kullback-Leibler divergence and Poisson loss against their definitions in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from striate.training import losses
from tests.training.losses.cases import draw

pytestmark = pytest.mark.torch


def test_the_divergence_is_its_definition() -> None:
    y, p = draw("soft_rows", 0)
    wanted = (y * np.log(y / p)).sum(-1)
    np.testing.assert_allclose(losses.kl_divergence(y, p), wanted, rtol=1e-5, atol=1e-6)


def test_the_divergence_of_equal_distributions_is_zero_also_with_zeros() -> None:
    assert losses.KLDivergence()([[0.0, 1.0]], [[0.0, 1.0]]) == 0


def test_poisson_is_its_definition() -> None:
    y, p = draw("positive", 0)
    np.testing.assert_allclose(losses.poisson(y, p), (p - y * np.log(p)).mean(-1), rtol=1e-5)
