"""Means and sums by their definitions; functions as metrics."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from striate.training import losses, metrics

pytestmark = pytest.mark.torch


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 3), st.booleans())
def test_every_sample_counts_the_same(sizes: list[int], inner: int, weighted: bool) -> None:
    random = np.random.default_rng(0)
    metric = metrics.Mean()
    numerator = denominator = 0.0
    for size in sizes:
        values = random.normal(size=(size, 2, 3)[: inner + 1])
        weight = random.uniform(size=size) if weighted else None
        metric.update_state(values, weight)
        w = np.ones(size) if weight is None else weight
        per_sample = values.reshape(size, -1).mean(1)
        numerator += (w * per_sample).sum()
        denominator += w.sum()
    assert metric.result().item() == pytest.approx(numerator / denominator, rel=1e-9, abs=1e-9)


def test_the_mean_and_the_sum_of_nothing_are_zero() -> None:
    assert metrics.Mean().result() == 0
    assert metrics.Sum().result() == 0


def test_the_result_of_a_sum_does_not_change_later() -> None:
    metric = metrics.Sum()
    first = metric([1.0, 2.0])
    metric.update_state(4.0)
    assert first == 3
    assert metric.result() == 7


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float16])
def test_values_of_every_dtype(dtype: torch.dtype) -> None:
    assert metrics.Mean()(torch.tensor([1, 1, 0, 1]).to(dtype)) == 0.75
    assert metrics.Sum()(torch.tensor([1, 1, 0, 1]).to(dtype)) == 3


def test_a_sum_of_half_precision_does_not_overflow() -> None:
    metric = metrics.MeanMetricWrapper(lambda y, p: p)
    assert metric(None, torch.full((4,), 60000.0, dtype=torch.float16)) == 60000


def test_a_function_is_a_metric_with_its_arguments_and_weights() -> None:
    def distance(y_true, y_pred, power=1):
        return (y_true - y_pred).abs() ** power

    metric = metrics.MeanMetricWrapper(distance, power=2)
    assert metric.name == "distance"
    y_true, y_pred = torch.zeros(3), torch.tensor([1.0, 2.0, 3.0])
    assert metric(y_true, y_pred, [1.0, 0.0, 1.0]) == 5
    assert metric.get_config() == {"fn": distance, "name": "distance", "power": 2}


def test_a_scalar_per_batch_and_a_loss_count_once_per_batch() -> None:
    metric = metrics.MeanMetricWrapper(losses.MeanSquaredError())
    assert metric.name == "mean_squared_error"
    metric.update_state(torch.zeros(4, 1), torch.ones(4, 1))
    metric.update_state(torch.zeros(1, 1), torch.full((1, 1), 3.0))
    assert metric.result() == 5
