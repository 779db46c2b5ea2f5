"""Gradients are averaged over several steps before the weights move."""

from __future__ import annotations

import pytest
import torch

from striate.training.optimizers import SGD, Adam, schedules

pytestmark = pytest.mark.torch


def bound(optimizer: SGD | Adam) -> torch.nn.Parameter:
    p = torch.nn.Parameter(torch.tensor([1.0]))
    optimizer.build([p])
    return p


def test_the_weights_move_by_the_mean_at_every_nth_step() -> None:
    optimizer = SGD(1.0, gradient_accumulation_steps=3)
    p = bound(optimizer)
    seen = []
    for g in (1.0, 2.0, 6.0, 0.0, 0.0, 3.0):
        p.grad = torch.tensor([g])
        optimizer.step()
        seen.append((p.item(), optimizer.iterations))
    assert seen == [(1.0, 0), (1.0, 0), (-2.0, 1), (-2.0, 1), (-2.0, 1), (-3.0, 2)]


def test_several_small_batches_are_one_large_batch() -> None:
    x = torch.randn(12, 4, generator=torch.Generator().manual_seed(0))
    weights = []
    for parts in (1, 3):
        model = torch.nn.Linear(4, 1)
        torch.nn.init.constant_(model.weight, 0.5)
        torch.nn.init.zeros_(model.bias)
        optimizer = Adam(0.01, gradient_accumulation_steps=parts if parts > 1 else None)
        optimizer.build(model.named_parameters())
        for _ in range(4):
            for part in x.chunk(parts):
                optimizer.zero_grad()
                (model(part) - 1).square().mean().backward()
                optimizer.step()
        weights.append(model.weight.detach())
    torch.testing.assert_close(weights[0], weights[1], rtol=0, atol=1e-6)


def test_a_schedule_counts_the_calls() -> None:
    rates = schedules.PiecewiseConstantDecay([0, 2], [0.5, 0.25, 0.125])
    optimizer = SGD(rates, gradient_accumulation_steps=2)
    p = bound(optimizer)
    for expected in (1.0, 0.75, 0.75, 0.625):
        p.grad = torch.tensor([1.0])
        optimizer.step()
        assert p.item() == expected


def test_a_sum_starts_anew_even_after_an_undefined_gradient() -> None:
    # Keras multiplies its sums by 0, so that one NaN stays in them for good.
    optimizer = SGD(1.0, gradient_accumulation_steps=2)
    p = bound(optimizer)
    p.grad = torch.tensor([float("nan")])
    optimizer.step()
    optimizer.step()
    p.data.fill_(1.0)
    p.grad = torch.tensor([0.5])
    optimizer.step()
    optimizer.step()
    assert p.item() == 0.5
