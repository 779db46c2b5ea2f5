"""The learning rate is a number, a schedule or a function, and can be changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.training.optimizers import SGD, Adam, Nadam, schedules

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("rate", [1, 0.0, np.float32(0.5), torch.tensor(0.5)])
def test_every_kind_of_number_is_a_rate(rate: float) -> None:
    assert SGD(rate).learning_rate == float(rate)


def test_a_rate_can_be_set() -> None:
    optimizer = SGD(0.1)
    optimizer.learning_rate = 1e-4
    assert optimizer.learning_rate == 1e-4
    assert optimizer.get_config()["learning_rate"] == 1e-4


def test_a_negative_rate_is_an_error() -> None:
    with pytest.raises(ArgumentError) as caught:
        SGD(-0.1)
    expected = (
        "SGD: learning_rate is out of range. Got learning_rate=-0.1. Expected a number in [0, inf)."
    )
    assert str(caught.value) == expected
    optimizer = SGD(0.1)
    with pytest.raises(ArgumentError) as caught:
        optimizer.learning_rate = -0.1
    assert str(caught.value) == expected
    assert optimizer.learning_rate == 0.1


def test_a_schedule_takes_the_place_of_a_number_but_not_the_reverse() -> None:
    optimizer = SGD(0.1)
    optimizer.learning_rate = schedules.ExponentialDecay(0.5, 10, 0.5)
    assert optimizer.learning_rate == 0.5
    with pytest.raises(ArgumentError) as caught:
        optimizer.learning_rate = 0.2
    assert str(caught.value) == (
        "SGD: the learning rate follows a schedule, so it cannot be set to a number. "
        "Got learning_rate=0.2. "
        "Set optimizer.schedule = None first, or assign another schedule."
    )
    optimizer.learning_rate = schedules.ExponentialDecay(0.25, 10, 0.5)
    assert optimizer.learning_rate == 0.25
    optimizer.schedule = None
    optimizer.learning_rate = 0.2
    assert optimizer.learning_rate == 0.2


def test_functions_are_called_with_the_step_only_if_they_need_it() -> None:
    p = torch.nn.Parameter(torch.ones(1))
    with_step, without = SGD(lambda step: 0.5 + step), SGD(lambda: 0.25)
    for optimizer in (with_step, without):
        optimizer.build([p])
        p.grad = torch.ones(1)
        optimizer.step()
    assert p.item() == 1.0 - 0.5 - 0.25
    assert with_step.learning_rate == 1.5
    assert without.learning_rate == 0.25


def test_a_function_of_two_arguments_is_an_error() -> None:
    def rate(epoch: int, step: int) -> float:
        return 0.1

    with pytest.raises(ArgumentError) as caught:
        SGD(rate)
    assert str(caught.value).startswith(
        "learning_rate: the function needs more than one argument. Got learning_rate=<function "
    )
    assert str(caught.value).endswith(
        ". Expected a function of nothing, or of the number of the step."
    )


@pytest.mark.parametrize("optimizer", [SGD(momentum=0.9), Adam()])
def test_one_cycle_moves_the_momentum(optimizer: SGD | Adam) -> None:
    seen = []
    schedule = schedules.OneCycle(0.1, 11, 0.5, momentum_range=(0.5, 0.9), anneal="linear")
    optimizer.learning_rate = schedule
    p = torch.nn.Parameter(torch.ones(1))
    optimizer.build([p])
    inner = type(optimizer).update_bucket
    optimizer.update_bucket = lambda b, g, at: (
        seen.append(at.momentum) or inner(optimizer, b, g, at)
    )
    for _ in range(11):
        p.grad = torch.ones(1)
        optimizer.step()
    assert seen[0] == pytest.approx(0.9)
    assert min(seen) == pytest.approx(0.5, abs=0.05)
    assert seen[-1] == pytest.approx(0.9)


@pytest.mark.parametrize("make", [SGD, Nadam])
def test_a_momentum_that_is_not_there_cannot_be_moved(make: type[SGD]) -> None:
    with pytest.raises(ArgumentError) as caught:
        make(schedules.OneCycle(0.1, 10, momentum_range=(0.8, 0.9)))
    text = str(caught.value)
    assert text.startswith(
        f"{make.__name__}: the schedule moves the momentum, but this optimizer has none to move. "
        "Got learning_rate=OneCycle(max_learning_rate=0.1, "
    )
    assert text.endswith("Use momentum_range=None, or an optimizer like SGD(momentum=0.9).")
