"""`striate convert`: the same outputs in every form."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import striate as st
from striate import layers
from striate.app.cli import app

pytestmark = pytest.mark.torch


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    model = st.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten()]
    )
    model.save(tmp_path / "net.striate")
    return tmp_path / "net.striate"


def run(*arguments: object) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    return found.exit_code, found.stdout, found.stderr


def outputs(path: Path) -> np.ndarray:
    x = np.random.default_rng(0).random((3, 8, 8, 1), dtype=np.float32)
    return np.asarray(st.load_model(path).predict(x, verbose=0))


@pytest.mark.parametrize("ending", [".keras", ".h5", ".striate"])
def test_models_keep_their_outputs(saved: Path, ending: str) -> None:
    target = saved.with_name(f"other{ending}")
    code, out, err = run(saved, target)
    assert code == 0, err
    assert out.startswith(f"{saved} is now:")
    assert np.allclose(outputs(target), outputs(saved), atol=1e-6)


@pytest.mark.parametrize("ending", [".weights.h5", ".safetensors"])
def test_weights_alone(saved: Path, ending: str) -> None:
    target = saved.with_name(f"other{ending}")
    assert run(saved, target)[0] == 0
    model = st.load_model(saved)
    wanted = model.get_weights()
    model.set_weights([w * 0 for w in wanted])
    model.load_weights(target)
    for a, b in zip(model.get_weights(), wanted, strict=True):
        assert np.array_equal(a, b)


def test_source_and_its_test(saved: Path) -> None:
    target = saved.with_name("plain.py")
    code, out, err = run(saved, target, "--json")
    assert code == 0, err
    files = json.loads(out)["files"]
    assert [Path(f).name for f in files] == [
        "plain.py",
        "plain.safetensors",
        "test_plain.py",
        "test_plain.safetensors",
    ]
    done = subprocess.run(
        [sys.executable, "test_plain.py"], cwd=saved.parent, capture_output=True, text=True
    )
    assert done.stdout == "the same outputs\n", done.stderr


def test_nothing_is_overwritten_unasked(saved: Path) -> None:
    target = saved.with_name("other.striate")
    target.write_text("mine")
    code, _, err = run(saved, target)
    assert code == 1
    assert " ".join(err.split()) == (
        f"error: convert: the file is there already. Got target={str(target)!r}. "
        f"striate convert {saved} {target} --overwrite."
    )
    assert target.read_text() == "mine"
    assert run(saved, target, "--overwrite")[0] == 0


def test_an_input_shape_is_for_source(saved: Path) -> None:
    code, _, err = run(saved, saved.with_name("other.keras"), "--input-shape", "8x8x1")
    assert code == 1
    assert "convert: an input shape is for source alone." in " ".join(err.split())


def test_another_ending(saved: Path) -> None:
    code, _, err = run(saved, saved.with_name("other.onnx"))
    assert code == 1
    assert "the file name does not say a format that can be written" in " ".join(err.split())
