"""Targets and predictions as tensors: dtypes, devices, ranks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.training.losses.conversion import (
    align_ranks,
    host_array,
    labels_like,
    predictions_of,
    targets_like,
)

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (torch.float16, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.int64, torch.float32),
        (torch.bool, torch.float32),
        (torch.float32, torch.float32),
        (torch.float64, torch.float64),
    ],
)
def test_predictions_have_at_least_single_precision(given, wanted) -> None:
    assert predictions_of(torch.ones(2, dtype=given)).dtype == wanted
    assert predictions_of(torch.ones(2, dtype=given), torch.float64).dtype == torch.float64


def test_tensors_that_fit_are_not_copied() -> None:
    y, p, labels = torch.ones(2), torch.zeros(2), torch.ones(2, dtype=torch.int64)
    assert predictions_of(p) is p
    assert targets_like(y, p) is y
    assert labels_like(labels, p) is labels
    array = np.ones(3, "uint8")
    assert host_array(array) is array
    assert np.shares_memory(host_array(y), y.numpy())


def test_targets_follow_the_predictions() -> None:
    p = torch.zeros(2, device="meta", dtype=torch.float64)
    for like, dtype in ((targets_like, torch.float64), (labels_like, torch.int64)):
        moved = like(np.ones(2, "uint8"), p)
        assert (moved.device.type, moved.dtype) == ("meta", dtype)


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ((4,), (4,), ((4,), (4,))),
        ((4,), (4, 1), ((4, 1), (4, 1))),
        ((4, 1), (4,), ((4, 1), (4, 1))),
        ((4, 3, 1), (4, 3), ((4, 3), (4, 3))),
        ((4, 3), (4, 3, 1), ((4, 3), (4, 3))),
        ((4, 3), (4,), ((4, 3), (4,))),
        ((), (1,), ((), ())),
    ],
)
def test_ranks_that_differ_by_a_one_are_made_equal(first, second, wanted) -> None:
    aligned = align_ranks(torch.zeros(first), torch.zeros(second))
    assert tuple(tuple(tensor.shape) for tensor in aligned) == wanted


def test_the_longer_one_may_have_to_give_way() -> None:
    aligned = align_ranks(torch.zeros(4, 1), torch.zeros(4), expand_rank_1=False)
    assert [tensor.shape for tensor in aligned] == [(4,), (4,)]


def test_half_precision_reaches_the_host() -> None:
    assert host_array(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32
