"""Gradients are clipped as their definitions say, and the originals are left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from striate.training.optimizers import SGD
from striate.training.optimizers.gradients import (
    clip_by_global_norm,
    clip_by_value,
    clip_each_by_norm,
)

pytestmark = pytest.mark.torch


def some(seed: int = 0) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, 3, generator=generator) * scale for n, scale in ((2, 5), (4, 0.01))]


def test_each_gradient_is_shortened_to_the_limit() -> None:
    grads = some()
    long, short = clip_each_by_norm(grads, 1.0)
    expected = grads[0].numpy() / np.sqrt((grads[0].numpy() ** 2).sum())
    np.testing.assert_allclose(long.numpy(), expected, rtol=1e-6)
    assert torch.equal(short, grads[1])


def test_elements_are_brought_into_the_range() -> None:
    (found,) = clip_by_value([torch.tensor([-3.0, 0.5, 3.0, math.nan])], 1.0)
    np.testing.assert_array_equal(found.numpy(), [-1.0, 0.5, 1.0, np.nan])


def test_all_gradients_are_shortened_by_one_factor() -> None:
    a, b = some(), some(1)
    found = clip_by_global_norm([a, b], 2.0)
    norm = np.sqrt(sum((g.numpy() ** 2).sum() for g in (*a, *b)))
    for given, clipped in zip((*a, *b), (*found[0], *found[1]), strict=True):
        np.testing.assert_allclose(clipped.numpy(), given.numpy() * 2.0 / norm, rtol=1e-6)


def test_a_small_global_norm_changes_nothing() -> None:
    ((found, _),) = clip_by_global_norm([some()], 1e6)
    assert torch.equal(found, some()[0])


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_an_undefined_global_norm_shows_in_all_gradients(value: float) -> None:
    broken = torch.tensor([1.0, value])
    ((a,), (b,)) = clip_by_global_norm([[broken], [torch.ones(3)]], 1.0)
    assert a.isnan().all()
    assert b.isnan().all()


def test_dtypes_may_differ_from_bucket_to_bucket() -> None:
    ((a,), (b,)) = clip_by_global_norm(
        [[torch.full((4,), 3.0, dtype=torch.float64)], [torch.full((4,), 4.0)]], 1.0
    )
    assert (a.dtype, b.dtype) == (torch.float64, torch.float32)
    assert a[0].item() == pytest.approx(0.3)
    assert b[0].item() == pytest.approx(0.4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"clipnorm": 0.1},
        {"clipvalue": 0.1},
        {"global_clipnorm": 0.1},
        {"loss_scale_factor": 8.0},
        {"gradient_accumulation_steps": 2},
    ],
)
def test_the_gradients_themselves_are_left_as_they_are(arguments: dict[str, float]) -> None:
    p = torch.nn.Parameter(torch.ones(3))
    p.grad = torch.full((3,), 5.0)
    optimizer = SGD(0.1, **arguments)  # type: ignore[arg-type]
    optimizer.build([p])
    for _ in range(2):
        optimizer.step()
    assert p.grad.tolist() == [5.0, 5.0, 5.0]
    assert p[0].item() < 1.0
