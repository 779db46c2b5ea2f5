"""Training stops before a loss that is not finite reaches the weights, and says where it began."""

from __future__ import annotations

import math

import pytest
import torch

from striate import training
from striate.errors import NonFiniteError
from striate.training.callbacks import TerminateOnNaN
from tests.training.small_runs import Line, compiled_line, fit_line, line_data

pytestmark = pytest.mark.torch


def poisoned(sample: int = 11) -> training.Compiled:
    source = line_data(24)
    source.x[sample] = math.inf
    return source


def test_it_stops_and_keeps_the_weights_of_the_batch_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    module, history = fit_line(poisoned(), epochs=5, callbacks=[TerminateOnNaN()])
    first = line_data(24)
    first.x, first.y = first.x[:8], first.y[:8]
    expected, _ = fit_line(first, steps_per_epoch=1, epochs=1)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.epoch == [0]
    assert history.history["loss"] == [pytest.approx(math.inf)]
    assert capsys.readouterr().out == (
        "epoch 1, batch 2: the loss is inf: the input batch holds values that are not finite. "
        "Remove or repair these values before training.\n"
    )


def test_it_can_raise() -> None:
    with pytest.raises(NonFiniteError, match=r"^epoch 1, batch 2: the loss is inf: the input"):
        fit_line(poisoned(), callbacks=[TerminateOnNaN(raise_error=True)])


def test_a_learning_rate_that_is_too_high_names_the_weight() -> None:
    module = Line()
    compiled = compiled_line(module, rate=3e38)
    stop = TerminateOnNaN(raise_error=True)
    with pytest.raises(NonFiniteError) as caught:
        training.fit(
            module, compiled, line_data(), epochs=9, verbose=0, device="cpu", callbacks=[stop]
        )
    assert str(caught.value) == (
        "epoch 1, batch 2: the loss is inf: the weight scale.weight of scale (Linear) is not "
        "finite, so an earlier update has spoilt it. Lower the learning rate, or clip gradients "
        "with clipnorm=1.0."
    )


def test_finite_training_is_left_alone() -> None:
    module, history = fit_line(epochs=3, callbacks=[TerminateOnNaN()])
    expected, reference = fit_line(epochs=3)
    assert torch.equal(module.scale.weight, expected.scale.weight)
    assert history.history == reference.history


def test_the_state_comes_back() -> None:
    callback = TerminateOnNaN()
    callback.load_state_dict({"epoch": 2, "batch": 5})
    assert callback.state_dict() == {"epoch": 2, "batch": 5}
