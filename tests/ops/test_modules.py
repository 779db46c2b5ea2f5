"""Walking over modules gives what torch's own walks give."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from striate.ops.modules import first_weight, move, parts

pytestmark = pytest.mark.torch


def nested() -> nn.Module:
    shared = nn.Linear(2, 2)
    inner = nn.Sequential(nn.ReLU(), shared, nn.BatchNorm1d(2, affine=False))
    return nn.Sequential(nn.Flatten(), inner, shared)


def test_parts_are_torchs_modules() -> None:
    module = nested()
    found = [id(p) for p in parts(module)]
    assert sorted(found) == sorted(id(m) for m in module.modules())


def test_the_first_weight_is_one_of_the_parameters() -> None:
    module = nested()
    assert any(first_weight(module) is p for p in module.parameters())
    assert first_weight(nn.ReLU()) is None


def test_move_moves_what_is_elsewhere_and_leaves_the_rest() -> None:
    module = nested()
    before = [p.data_ptr() for p in module.parameters()]
    move(module, torch.device("cpu"))
    assert [p.data_ptr() for p in module.parameters()] == before
    move(module, torch.device("meta"))
    assert all(t.device.type == "meta" for t in (*module.parameters(), *module.buffers()))


def test_a_buffer_alone_elsewhere_is_enough() -> None:
    module = nn.BatchNorm1d(2)
    module.running_mean = torch.empty(2, device="meta")
    move(module, torch.device("meta"))
    assert all(t.device.type == "meta" for t in (*module.parameters(), *module.buffers()))
