"""Losses of torch.nn are called in torch's order."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from striate import training
from striate.training.criterion import TorchCriterion

pytestmark = pytest.mark.torch


def test_prediction_first() -> None:
    criterion = TorchCriterion(nn.KLDivLoss(reduction="batchmean"))
    target, log_probability = torch.tensor([[0.5, 0.5]]), torch.tensor([[-1.0, -2.0]])
    expected = nn.KLDivLoss(reduction="batchmean")(log_probability, target)
    assert criterion(target, log_probability) == expected
    assert criterion.name == "KLDivLoss"


def test_compile_wraps_it_wherever_it_stands() -> None:
    compiled = training.compile("sgd", {"a": nn.MSELoss(), "b": "mse"})
    assert isinstance(compiled.loss["a"], TorchCriterion)
    assert isinstance(training.compile("sgd", [nn.MSELoss()]).loss[0], TorchCriterion)
    assert compiled.logits_loss(compiled.loss["a"], "softmax") is None


def test_its_own_tensors_move_with_the_outputs() -> None:
    criterion = TorchCriterion(nn.CrossEntropyLoss(weight=torch.ones(3)))
    criterion.to(torch.device("meta"))
    assert criterion.criterion.weight.device.type == "meta"
