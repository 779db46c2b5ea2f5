"""The first cause of NaN is named: input, weight, layer, a bare operation, targets or loss."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from striate.training.nonfinite import all_finite, explain_nonfinite
from tests.training.small_runs import SmallCNN

pytestmark = pytest.mark.torch

NAN = torch.tensor(math.nan)
RATE = "Lower the learning rate, or clip gradients with clipnorm=1.0."


def explained(module: nn.Module, x: torch.Tensor, y: torch.Tensor | None = None) -> str:
    return explain_nonfinite(module, x, torch.zeros(2) if y is None else y, NAN, "epoch 1, batch 3")


def test_the_input() -> None:
    x = torch.zeros(2, 8, 8, 1)
    x[0, 0, 0, 0] = math.nan
    assert explained(SmallCNN(), x) == (
        "epoch 1, batch 3: the loss is nan: the input batch holds values that are not finite. "
        "Remove or repair these values before training."
    )


def test_a_weight() -> None:
    module = SmallCNN()
    with torch.no_grad():
        module.norm.weight[1] = math.inf
    assert explained(module, torch.zeros(2, 8, 8, 1)) == (
        "epoch 1, batch 3: the loss is nan: the weight norm.weight of norm (BatchNorm2d) is not "
        f"finite, so an earlier update has spoilt it. {RATE}"
    )


class Overflow(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.exp()


def test_the_first_layer_in_the_order_of_execution() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), Overflow(), nn.Linear(4, 2))
    with torch.no_grad():
        module[1].weight.fill_(100.0)
    assert explained(module, torch.ones(2, 8, 8, 1)) == (
        "epoch 1, batch 3: the loss is nan: 2 (Overflow) is the first layer whose output is not "
        f"finite. {RATE}"
    )


class Between(nn.Module):
    """The overflow happens in the module's own forward, between two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.first(x) / 0.0)


def test_an_operation_between_layers() -> None:
    assert explained(Between(), torch.ones(2, 4)) == (
        "epoch 1, batch 3: the loss is nan: the input of second (Linear) is not finite; the "
        f"operation before it, which is no layer of its own, made it so. {RATE}"
    )


def test_the_targets_and_the_loss_itself() -> None:
    module = nn.Linear(4, 2)
    y = torch.tensor([1.0, math.nan])
    assert explained(module, torch.ones(2, 4), y) == (
        "epoch 1, batch 3: the loss is nan: every layer's output is finite, but the targets are "
        "not. Remove or repair these values before training."
    )
    assert explained(module, torch.ones(2, 4)) == (
        "epoch 1, batch 3: the loss is nan: every layer's output is finite, it is the loss itself "
        "that is not. Use from_logits=True or a loss that suits the output, and lower the "
        "learning rate, or clip gradients with clipnorm=1.0."
    )


def test_looking_changes_nothing() -> None:
    module = SmallCNN()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    random_before = torch.get_rng_state()
    explained(module, torch.ones(2, 8, 8, 1))
    assert torch.equal(torch.get_rng_state(), random_before)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module.conv._forward_hooks
    assert module.training


def test_finiteness_of_nested_values() -> None:
    assert all_finite({"a": (torch.ones(1), None, "x"), "b": [torch.tensor([1])]})
    assert not all_finite({"a": (torch.ones(1), NAN)})
