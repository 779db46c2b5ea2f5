"""Moving averages of the weights are what their definition says."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.training.optimizers import SGD

pytestmark = pytest.mark.torch


def test_the_average_starts_at_the_first_updated_weights() -> None:
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.75)
    p = torch.nn.Parameter(torch.tensor([10.0]))
    optimizer.build([p])
    average = None
    for g in (1.0, 2.0, 3.0):
        p.grad = torch.tensor([g])
        optimizer.step()
        weight = p.item()
        average = weight if average is None else 0.75 * average + 0.25 * weight
        assert optimizer.state[p]["average"].item() == average


def test_weights_become_their_average_every_so_many_updates() -> None:
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    p = torch.nn.Parameter(torch.tensor([0.0]))
    optimizer.build([p])
    seen = []
    for _ in range(4):
        p.grad = torch.tensor([-1.0])
        optimizer.step()
        seen.append(p.item())
    np.testing.assert_allclose(seen, [1.0, 1.5, 2.5, 2.75])


def test_parameters_without_gradient_are_averaged_too() -> None:
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    p, q = (torch.nn.Parameter(torch.tensor([1.0])) for _ in range(2))
    optimizer.build([p, q])
    p.grad = torch.tensor([1.0])
    optimizer.step()
    q.data.fill_(3.0)
    optimizer.step()
    assert optimizer.state[q]["average"].item() == 2.0
