"""Which way is better, and what happens when the monitored name is not there."""

from __future__ import annotations

import pytest

from striate import training
from striate.errors import ArgumentError
from striate.training.callbacks import EarlyStopping, ModelCheckpoint, ReduceLROnPlateau
from striate.training.callbacks.monitor import MonitorCallback
from tests.training.small_runs import fit_line

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("name", "up"),
    [
        ("loss", False),
        ("val_loss", False),
        ("val_accuracy", True),
        ("acc", True),
        ("sparse_top_k_categorical_accuracy", True),
        ("val_auc", True),
        ("f1_score", True),
        ("mean_absolute_error", False),
        ("val_mse", False),
        ("binary_crossentropy", False),
    ],
)
def test_the_name_tells_the_direction(name: str, up: bool) -> None:
    callback = MonitorCallback(name)
    assert callback.improves(2.0, 1.0) is up
    assert callback.improves(1.0, 2.0) is not up
    assert callback.improves(1.0, None)


def test_a_metric_may_say_its_direction() -> None:
    class Score(training.metrics.MeanSquaredError):
        direction = "up"

    for name in ("val_score", "val_head_score"):
        callback = MonitorCallback(name)
        callback._compiled = training.compile("sgd", "mse", metrics={"head": [Score(name="score")]})
        callback.set_model(None)
        assert callback.mode == "max"


def test_a_direction_that_nobody_knows() -> None:
    with pytest.raises(ArgumentError) as caught:
        fit_line(callbacks=[EarlyStopping("val_score")])
    assert str(caught.value) == (
        "EarlyStopping: it is not known whether more or less of this metric is better. Got "
        "monitor='val_score', mode='auto'. Use mode=\"max\" or mode=\"min\"."
    )


def test_a_checkpoint_that_does_not_compare_needs_no_direction() -> None:
    ModelCheckpoint("a.striate", monitor="val_score").set_model(None)
    with pytest.raises(ArgumentError):
        ModelCheckpoint("a.striate", monitor="val_score", save_best_only=True).set_model(None)


def test_an_unknown_mode() -> None:
    with pytest.raises(ArgumentError) as caught:
        ReduceLROnPlateau(mode="up")
    assert str(caught.value) == (
        'ReduceLROnPlateau: unknown mode. Got mode=\'up\'. Expected "auto", "min" or "max".'
    )


def test_an_unknown_name_is_warned_of_once() -> None:
    callback = EarlyStopping()
    with pytest.warns(UserWarning, match="not in the logs") as caught:
        callback.on_epoch_end(0, {"accuracy": 0.5, "loss": 1.0})
    assert str(caught[0].message) == (
        "EarlyStopping: the monitored metric is not in the logs, so this callback does nothing. "
        "Got monitor='val_loss'. Expected one of: accuracy, loss. Pass validation data for names "
        "with val_, or name another metric."
    )
    callback.on_epoch_end(1, {"accuracy": 0.5, "loss": 1.0})
