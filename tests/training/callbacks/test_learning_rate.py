"""Rates of striate's and torch's optimizers are read and set alike."""

from __future__ import annotations

import pytest
import torch

from striate import training
from striate.errors import ArgumentError
from striate.training.callbacks import LearningRateScheduler
from striate.training.callbacks.learning_rate import get_learning_rate, set_learning_rate
from tests.training.small_runs import Line, fit_line, line_data

pytestmark = pytest.mark.torch


def test_any_optimizer() -> None:
    parameters = list(Line().parameters())
    tensor_rate = torch.optim.Adam(parameters, lr=torch.tensor(0.25))
    for optimizer in (
        training.optimizers.SGD(0.25),
        torch.optim.SGD(parameters, lr=0.25),
        tensor_rate,
    ):
        assert get_learning_rate(optimizer) == 0.25
        set_learning_rate(optimizer, 0.5)
        assert get_learning_rate(optimizer) == 0.5
    assert isinstance(tensor_rate.param_groups[0]["lr"], torch.Tensor)


def test_a_schedule_of_the_epoch(capsys: pytest.CaptureFixture[str]) -> None:
    schedule = LearningRateScheduler(lambda epoch: torch.tensor(0.1 / 2**epoch), verbose=1)
    _, history = fit_line(epochs=3, callbacks=[schedule])
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.025])
    assert capsys.readouterr().out == (
        "Epoch 1: learning rate 0.1.\nEpoch 2: learning rate 0.05.\nEpoch 3: learning rate 0.025.\n"
    )


def test_a_schedule_of_epoch_and_rate_on_a_striate_optimizer() -> None:
    module = Line()
    compiled = training.compile(training.optimizers.SGD(0.4), "mse")
    history = training.fit(
        module,
        compiled,
        line_data(),
        epochs=2,
        verbose=0,
        device="cpu",
        callbacks=[LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
    )
    assert history.history["learning_rate"] == pytest.approx([0.2, 0.1])


def test_a_schedule_that_returns_no_number() -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(callbacks=[LearningRateScheduler(lambda epoch: None)])  # type: ignore[arg-type]
    assert str(caught.value) == (
        "LearningRateScheduler: the schedule returned something that is not a number. Got "
        "returned='NoneType'. Expected a float. Return the learning rate of the epoch from the "
        "function."
    )
