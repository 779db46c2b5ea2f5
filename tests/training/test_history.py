"""The history as lists, records, a table, JSON and a picture."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest

from striate.errors import FormatError, MissingExtraError, UnknownNameError
from striate.training import History
from tests.training.small_runs import fit_line, line_data

pytestmark = pytest.mark.torch


@pytest.fixture
def history() -> History:
    found = History()
    found.params = {"verbose": 1, "epochs": 3, "steps": 2}
    for epoch in range(3):
        logs: dict[str, Any] = {"accuracy": 0.5 + epoch / 10, "loss": 1.0 / (epoch + 1)}
        if epoch != 1:
            logs["val_loss"] = 2.0 / (epoch + 1)
        found.on_epoch_end(epoch, logs)
    return found


def test_lists_and_records(history: History) -> None:
    assert history.epoch == [0, 1, 2]
    assert history.history["val_loss"] == [2.0, 2.0 / 3]
    assert history.to_records() == [
        {"epoch": 0, "accuracy": 0.5, "loss": 1.0, "val_loss": 2.0},
        {"epoch": 1, "accuracy": 0.6, "loss": 0.5},
        {"epoch": 2, "accuracy": 0.7, "loss": 1.0 / 3, "val_loss": 2.0 / 3},
    ]


def test_a_table(history: History) -> None:
    pandas = pytest.importorskip("pandas")
    frame = history.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["epoch", "accuracy", "loss", "val_loss"]
    assert math.isnan(frame["val_loss"][1])


def test_a_table_without_pandas(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError) as caught:
        history.to_frame()
    assert str(caught.value) == (
        "History.to_frame: the package pandas is not installed. Install it: pip install "
        '"striate[pandas]"; or use history.to_records().'
    )


def test_json_comes_back_exactly(history: History) -> None:
    logs = {"loss": math.nan, "accuracy": 0.1, "val_loss": -math.inf, "confusion": np.eye(2)}
    history.on_epoch_end(3, logs)
    back = History.from_json(history.to_json())
    assert repr(back.history["loss"]) == repr(history.history["loss"])
    assert back.history["val_loss"] == history.history["val_loss"]
    assert back.history["confusion"] == [[[1.0, 0.0], [0.0, 1.0]]]
    assert back.epoch == history.epoch
    assert back.params == history.params
    assert back.to_records()[1] == history.to_records()[1]
    assert "NaN" not in history.to_json()


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "epoch": []}'])
def test_text_that_is_no_history(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        History.from_json(text)
    assert str(caught.value) == "History.from_json: this is not a history written by striate."


def test_a_picture_has_a_panel_per_metric(history: History) -> None:
    history.on_epoch_end(3, {"accuracy": 0.9, "loss": 0.2, "learning_rate": 0.1, "m": np.eye(2)})
    figure = history.plot()
    assert [axes.get_title() for axes in figure.axes] == ["loss", "accuracy", "learning rate"]
    loss = figure.axes[0]
    assert [line.get_label() for line in loss.lines] == ["training", "validation"]
    assert loss.lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert loss.lines[1].get_xdata().tolist() == [1, 3]
    assert [line.get_label() for line in figure.axes[1].lines] == ["training"]
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert History().plot().axes == []


def test_a_picture_of_one_metric(history: History) -> None:
    assert [axes.get_title() for axes in history.plot(["accuracy"]).axes] == ["accuracy"]
    with pytest.raises(UnknownNameError) as caught:
        history.plot(["acuracy"])
    text = "History.plot: unknown metric. Got 'acuracy'. Did you mean 'accuracy'?"
    assert str(caught.value) == text


def test_it_does_not_hang_on_a_module_of_the_users() -> None:
    module, history = fit_line(line_data())
    assert history.model is module
    assert not hasattr(module, "history")


def test_a_second_fit_starts_a_new_record() -> None:
    own = History()
    fit_line(line_data(), callbacks=[own])
    fit_line(line_data(), callbacks=[own])
    assert own.epoch == [0, 1]
    assert len(own.history["loss"]) == 2
