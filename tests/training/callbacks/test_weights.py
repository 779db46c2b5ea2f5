"""Weights set aside are copies; put back, they fill the module's own tensors."""

from __future__ import annotations

import pytest
import torch

from striate.training.callbacks.weights import copy_weights, put_weights
from tests.training.small_runs import SmallCNN

pytestmark = pytest.mark.torch


def test_copies_and_places() -> None:
    module = SmallCNN().to(memory_format=torch.channels_last)
    kept = copy_weights(module)
    place, stride = module.conv.weight.data_ptr(), module.conv.weight.stride()
    before = module.conv.weight.detach().clone()
    with torch.no_grad():
        for weight in module.parameters():
            weight.zero_()
    put_weights(module, kept)
    assert torch.equal(module.conv.weight, before)
    assert module.conv.weight.data_ptr() == place
    assert module.conv.weight.stride() == stride == kept["conv.weight"].stride()
    assert "norm.running_mean" in kept
