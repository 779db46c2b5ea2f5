"""The mean over an epoch weighs batches by their size, and survives a restart."""

from __future__ import annotations

import pytest
import torch

from striate.training.running_mean import RunningMean

pytestmark = pytest.mark.torch


def test_batches_count_by_their_samples() -> None:
    mean = RunningMean()
    for value, count in ((1.0, 8), (2.0, 8), (10.0, 4)):
        mean.add(torch.tensor(value), count)
    assert float(mean.result()) == pytest.approx((8 + 16 + 40) / 20, rel=1e-15)


def test_nothing_added_is_zero_and_reset_forgets() -> None:
    mean = RunningMean()
    assert mean.result() == 0.0
    mean.add(torch.tensor(3.0), 2)
    mean.reset()
    assert mean.result() == 0.0


def test_long_sums_keep_their_digits() -> None:
    mean = RunningMean()
    for _ in range(2000):
        mean.add(torch.tensor(0.1), 100_000)
    assert float(mean.result()) == pytest.approx(float(torch.tensor(0.1)), rel=1e-12)


def test_a_restored_mean_goes_on_alike() -> None:
    first, second = RunningMean(), RunningMean()
    second.load_state_dict(first.state_dict(), torch.device("cpu"))
    first.add(torch.tensor(0.3), 3)
    second.load_state_dict(first.state_dict(), torch.device("cpu"))
    second.add(torch.tensor(0.7), 5)
    assert float(second.result()) == pytest.approx((0.9 + 3.5) / 8)
