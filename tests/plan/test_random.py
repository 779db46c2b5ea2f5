"""Plans of random networks with branches compute what the plain execution computes."""

from __future__ import annotations

import pytest
import torch

from tests.plan.compare import check_equal
from tests.plan.random_models import random_model

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("seed", range(40))
def test_a_random_network_gives_the_same_values_and_gradients(seed: int) -> None:
    model = random_model(seed)
    torch.manual_seed(seed)
    moved = [b for n, b in model.named_buffers() if "moving" in n]
    for statistic in moved:
        statistic.uniform_(0.5, 1.5)
    check_equal(model, torch.randn(3, 8, 8, 3))
