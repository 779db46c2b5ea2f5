"""`striate plot` draws a saved model without torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

pytestmark = pytest.mark.torch


def test_a_picture_needs_no_torch(trained: Path, watched: Any, tmp_path: Path) -> None:
    done = watched("plot", trained, "--out", tmp_path / "model.png")
    assert done.returncode == 0
    assert "torch" not in done.stderr
    assert done.stdout == f"Drawn into {tmp_path / 'model.png'}.\n"
    with Image.open(tmp_path / "model.png") as image:
        assert image.height > image.width


def test_options_and_a_report_for_machines(trained: Path, invoke: Any, tmp_path: Path) -> None:
    out = tmp_path / "model.svg"
    arguments = ("--out", out, "--rankdir", "lr", "--no-shapes", "--no-names", "--json")
    record = json.loads(invoke("plot", trained, *arguments).stdout)
    assert record["file"] == str(out)
    assert record["width_points"] > record["height_points"]
    text = out.read_text(encoding="utf-8")
    assert ">Conv2D<" in text
    assert "output:" not in text


def test_the_picture_goes_beside_the_file(trained: Path, invoke: Any, tmp_path: Path) -> None:
    (tmp_path / "small.striate").write_bytes((trained / "model.striate").read_bytes())
    assert invoke("plot", tmp_path / "small.striate", "--dpi", 50).exit_code == 0
    assert (tmp_path / "small.png").exists()


def test_volumes(trained: Path, invoke: Any, tmp_path: Path) -> None:
    assert invoke("plot", trained, "--volumes", "--out", tmp_path / "model.svg").exit_code == 0
    assert ">8 x 8 x 32<" in (tmp_path / "model.svg").read_text(encoding="utf-8")


def test_an_unknown_direction_is_an_error(trained: Path, invoke: Any) -> None:
    done = invoke("plot", trained, "--rankdir", "up")
    assert done.exit_code == 1
    assert done.stderr == (
        'error: plot_model: unknown direction. Got rankdir=\'UP\'. Expected "TB", "LR", "BT"'
        ' or "RL".\n'
    )
