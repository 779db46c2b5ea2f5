"""Reductions and weights by their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from striate.errors import ArgumentError
from striate.training.losses.reduction import REDUCTIONS, known_reduction, reduce_weighted

pytestmark = pytest.mark.torch

values = hnp.arrays(
    "float64",
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
    elements=st.floats(-10, 10),
)


@settings(max_examples=50, deadline=None)
@given(values, st.sampled_from(REDUCTIONS), st.integers(0, 4), st.randoms())
def test_weights_of_smaller_rank_count_for_the_first_axes(
    v: np.ndarray, reduction: str, rank: int, random
) -> None:
    w = np.array([random.uniform(0, 2) for _ in range(int(np.prod(v.shape[:rank])))])
    w = w.reshape(v.shape[:rank])
    weighed = v * w.reshape(w.shape + (1,) * (v.ndim - w.ndim))
    wanted = {
        "sum": weighed.sum(),
        "none": weighed,
        "mean_with_sample_weight": weighed.sum() / w.sum() if w.sum() else 0,
    }.get(reduction, weighed.mean())
    got = reduce_weighted(torch.tensor(v), torch.tensor(w), reduction)
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-9, atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(values, st.sampled_from(REDUCTIONS), st.randoms())
def test_masked_values_leave_the_sum_and_the_mean(v: np.ndarray, reduction: str, random) -> None:
    mask = np.array([random.random() < 0.6 for _ in range(v.size)]).reshape(v.shape)
    kept = v[mask]
    wanted = {"sum": kept.sum(), "none": v * mask}.get(reduction, kept.mean() if kept.size else 0)
    got = reduce_weighted(torch.tensor(v), None, reduction, torch.tensor(mask))
    if reduction == "none":
        wanted = np.where(mask, v, 0)
    np.testing.assert_allclose(got.numpy(), wanted, rtol=1e-9, atol=1e-9)


def test_zero_weights_have_a_finite_gradient() -> None:
    v = torch.ones(3, requires_grad=True)
    reduce_weighted(v, torch.zeros(3), "mean_with_sample_weight").backward()
    assert v.grad is not None
    assert v.grad.tolist() == [0, 0, 0]


def test_an_empty_batch_gives_zero() -> None:
    assert reduce_weighted(torch.zeros(0)) == 0


def test_auto_of_older_versions_is_the_mean_over_the_batch() -> None:
    assert known_reduction("auto", "x") == "sum_over_batch_size"


def test_an_unknown_reduction_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        known_reduction("median", "mse (MeanSquaredError)")
    assert str(caught.value) == (
        "mse (MeanSquaredError): unknown reduction. Got reduction='median'. Expected one of "
        "'sum_over_batch_size', 'mean', 'mean_with_sample_weight', 'sum', 'none' or None."
    )
