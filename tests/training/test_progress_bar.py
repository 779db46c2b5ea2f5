"""The progress line for loops of one's own."""

from __future__ import annotations

import re

import pytest

from striate.training.progress_bar import Progbar

pytestmark = pytest.mark.torch


def test_averages_over_steps_and_shows_stateful_metrics_as_they_are() -> None:
    bar = Progbar(10, verbose=0, stateful_metrics=["rate"])
    bar.update(2, [("loss", 4.0), ("rate", 0.5)])
    bar.add(6, [("loss", 8.0), ("rate", 0.25)])
    assert bar.logs == {"loss": 7.0, "rate": 0.25}


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_file_gets_one_line_at_the_end(verbose: int, capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progbar(12, verbose=verbose)
    for step in range(12):
        bar.update(step + 1, [("loss", 1.0)])
    out = capsys.readouterr().out
    assert re.fullmatch(r"12/12 - 0s \d+(us|ms)/step - loss: 1\.0000\n", out)


def test_an_unknown_number_of_steps_ends_when_told(capsys: pytest.CaptureFixture[str]) -> None:
    bar = Progbar(None)
    bar.update(3)
    assert capsys.readouterr().out == ""
    bar.update(4, finalize=True)
    assert capsys.readouterr().out.startswith("4/? - 0s ")
