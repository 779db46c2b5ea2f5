"""Buckets hold parameters with their state, and know when fused kernels fit."""

from __future__ import annotations

import pytest
import torch

from striate.training.optimizers.buckets import Bucket, is_flat, like

pytestmark = pytest.mark.torch


def bucket(*shapes: tuple[int, ...], slot: float = 0.0) -> Bucket:
    params = [torch.zeros(shape) for shape in shapes]
    states = [{"v": torch.full_like(p, slot)} for p in params]
    return Bucket(
        {}, "", params, [str(i) for i in range(len(params))], [True] * len(params), states
    )


@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (torch.zeros(2, 3), True),
        (torch.zeros(2, 3).t(), True),
        (torch.zeros(8, 3, 3, 4).permute(1, 2, 3, 0), True),
        (torch.zeros(1, 3, 1)[:, :, 0], True),
        (torch.tensor(1.0), True),
        (torch.zeros(4)[::2], False),
        (torch.zeros(1).expand(3), False),
        (torch.zeros(2, 4)[:, :2], False),
        (torch.zeros(0, 3), False),
    ],
)
def test_tensors_that_fill_their_memory_are_known(tensor: torch.Tensor, expected: bool) -> None:
    assert is_flat(tensor) is expected


def test_gradients_in_another_order_do_not_fit_fused_kernels() -> None:
    found = bucket((2, 3), (4,))
    assert found.fits_fused([torch.zeros(2, 3), torch.zeros(4)])
    assert not found.fits_fused([torch.zeros(3, 2).t(), torch.zeros(4)])


def test_half_precision_does_not_fit_fused_kernels() -> None:
    p = torch.zeros(3, dtype=torch.bfloat16)
    found = Bucket({}, "", [p], [""], [True], [{"v": torch.zeros_like(p)}])
    assert not found.fits_fused([torch.zeros_like(p)])


def test_a_part_is_made_once_and_shares_the_state() -> None:
    whole = bucket((2,), (3,), (4,))
    part = whole.part((0, 2))
    assert whole.part((0, 2)) is part
    assert part["v"][1] is whole["v"][2]
    assert part.names == ["0", "2"]


def test_parts_that_change_all_the_time_are_forgotten() -> None:
    whole = bucket(*[(1,)] * 20)
    for i in range(20):
        whole.part((i,))
    assert len(whole._parts) <= 16


def test_state_is_pulled_towards_a_number() -> None:
    found = bucket((2,), (3, 1), slot=1.0)
    found.pull("v", 5.0, 0.25)
    assert [v.flatten().tolist() for v in found["v"]] == [[2.0, 2.0], [2.0, 2.0, 2.0]]


def test_shapes_and_sizes_are_sorted_out() -> None:
    found = bucket((4, 9), (3,), (4, 9))
    assert found.same_shapes == [[0, 2], [1]]
    assert found.root_sizes.tolist() == pytest.approx([6.0, 3**0.5, 6.0])


def test_a_copy_takes_dtype_and_order_of_the_parameter() -> None:
    p = torch.zeros(3, 2, dtype=torch.float64).t()
    made = like(p, torch.ones(2, 3))
    assert made.stride() == p.stride()
    assert made.dtype == torch.float64
    row = like(p, torch.ones(2))
    assert row.shape == (2,)
    assert row.dtype == torch.float64
