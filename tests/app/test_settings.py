from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from striate.app.settings import TrainSettings, new_settings, read_settings, resumed_settings
from striate.errors import ArgumentError, FormatError

NONE: dict[str, Any] = dict.fromkeys(TrainSettings("digits").as_dict())


def test_options_that_are_not_given_take_their_defaults() -> None:
    settings = new_settings({**NONE, "data": "digits", "epochs": 3})
    assert settings == TrainSettings("digits", epochs=3)


def test_a_file_is_kept_by_its_full_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_settings({**NONE, "data": "a.npz"}).data == str(tmp_path / "a.npz")


def test_the_command_repeats_every_option() -> None:
    settings = TrainSettings("my data.npz", learning_rate=0.0005, save_every="10min")
    assert settings.command("runs/a") == (
        "striate train 'my data.npz' --model small --epochs 10 --batch-size 32 --optimizer adam "
        "--learning-rate 0.0005 --validation-split 0.1 --seed 0 --device auto --save-every 10min "
        "--out runs/a"
    )


def test_the_interval_is_a_number_or_words() -> None:
    assert TrainSettings("digits", save_every="20").interval() == 20
    assert TrainSettings("digits", save_every="10min").interval() == "10min"


def test_settings_survive_the_file() -> None:
    settings = TrainSettings("digits", learning_rate=0.1)
    assert read_settings({"options": settings.as_dict()}, "config.json") == settings


@pytest.mark.parametrize(
    "options",
    [
        None,
        [],
        {},
        {**TrainSettings("digits").as_dict(), "epochs": "3"},
        {**TrainSettings("digits").as_dict(), "epochs": True},
        {**TrainSettings("digits").as_dict(), "seed": None},
        {**TrainSettings("digits").as_dict(), "more": 1},
    ],
)
def test_other_content_of_the_file_is_refused(options: Any) -> None:
    with pytest.raises(FormatError) as caught:
        read_settings({"options": options}, "runs/a/config.json")
    assert str(caught.value) == (
        "runs/a/config.json: these are not the settings of a run. Expected what `striate train` "
        "wrote there. Begin another run with another --out."
    )


def test_a_resumed_run_keeps_its_settings_and_may_have_more_epochs() -> None:
    old = TrainSettings("digits", epochs=3, seed=5)
    assert resumed_settings(old, NONE, "runs/a") == old
    given = {**NONE, "data": "digits", "epochs": 8, "seed": 5}
    assert resumed_settings(old, given, "runs/a") == TrainSettings("digits", epochs=8, seed=5)


def test_a_resumed_run_does_not_become_another() -> None:
    old = TrainSettings("digits")
    with pytest.raises(ArgumentError) as caught:
        resumed_settings(old, {**NONE, "batch_size": 64}, "runs/a")
    assert str(caught.value) == (
        "runs/a, --batch-size: a run goes on as it was begun. Got batch_size=64. Expected 32. "
        "Leave out --batch-size, or begin another run with another --out."
    )
    with pytest.raises(ArgumentError) as caught:
        resumed_settings(old, {**NONE, "epochs": 5}, "runs/a")
    assert str(caught.value) == (
        "runs/a, --epochs: a run goes on as it was begun. Got epochs=5. Expected 10, or more. "
        "Leave out --epochs, or begin another run with another --out."
    )
    with pytest.raises(ArgumentError, match=r"^runs/a, DATA: .* Got data='mnist'\. Expected 'dig"):
        resumed_settings(old, {**NONE, "data": "mnist"}, "runs/a")
