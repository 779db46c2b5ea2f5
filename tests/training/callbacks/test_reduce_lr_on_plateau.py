"""The learning rate falls when a metric stalls, and the value is in the logs."""

from __future__ import annotations

import pytest

from striate.errors import ArgumentError
from striate.training.callbacks import ReduceLROnPlateau
from tests.training.small_runs import fit_line

pytestmark = pytest.mark.torch


def test_the_rate_falls_and_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=10.0, verbose=1)
    _, history = fit_line(epochs=3, callbacks=[plateau])
    assert history.history["learning_rate"] == [0.1, 0.1, 0.05]
    assert capsys.readouterr().out == (
        "Epoch 2: ReduceLROnPlateau reducing the learning rate to 0.05.\n"
        "Epoch 3: ReduceLROnPlateau reducing the learning rate to 0.025.\n"
    )


def test_the_state_comes_back() -> None:
    plateau = ReduceLROnPlateau("loss")
    plateau.load_state_dict({"best": 0.5, "cooldown_counter": 2, "wait": 1})
    assert plateau.state_dict() == {"best": 0.5, "cooldown_counter": 2, "wait": 1}
    assert plateau.in_cooldown()


def test_a_factor_that_would_not_reduce() -> None:
    with pytest.raises(ArgumentError) as caught:
        ReduceLROnPlateau(factor=1.0)
    assert str(caught.value) == (
        "ReduceLROnPlateau: the factor would not reduce the learning rate. Got factor=1.0. "
        "Expected factor < 1. Use factor=0.1."
    )
