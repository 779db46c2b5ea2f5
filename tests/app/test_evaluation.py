from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate import layers

pytestmark = pytest.mark.torch


def test_a_run_is_measured_on_its_own_test_images(trained: Path, invoke: Any) -> None:
    result = invoke("evaluate", trained)
    assert (result.exit_code, result.stderr) == (0, "")
    told = json.loads((trained / "told.json").read_text(encoding="utf-8"))["test"]
    assert result.stdout.splitlines() == [
        "digits, test part: 359 images",
        f"  accuracy     {told['accuracy']:.4f}",
        f"  loss         {told['loss']:.4f}",
    ]


def test_the_results_for_machines(trained: Path, invoke: Any) -> None:
    record = json.loads(invoke("evaluate", trained, "--json").stdout)
    told = json.loads((trained / "told.json").read_text(encoding="utf-8"))
    assert record["results"] == pytest.approx(told["test"], rel=1e-6)
    assert (record["data"], record["part"], record["images"]) == ("digits", "test", 359)


def test_other_data_and_parts(trained: Path, tmp_path: Path, invoke: Any) -> None:
    path = tmp_path / "mine.npz"
    (_, _), (x_test, y_test) = st.datasets.digits.load_data()
    np.savez(path, x=x_test[:50], y=y_test[:50])
    result = invoke("evaluate", trained, path)
    assert result.stdout.splitlines()[0] == "mine, train part: 50 images"
    assert "1,438 images" in invoke("evaluate", trained, "--part", "train").stdout
    result = invoke("evaluate", trained, path, "--part", "test")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: mine: these data have no test part. Expected x_test and y_test in the file. "
        "Use --part train.\n"
    )


def test_an_unknown_part_is_not_understood(trained: Path, invoke: Any) -> None:
    result = invoke("evaluate", trained, "--part", "tset")
    assert result.exit_code == 2
    assert "tset" in result.stderr


def test_a_model_without_a_run_needs_the_name_of_its_data(trained: Path, invoke: Any) -> None:
    file = trained / "model.striate"
    result = invoke("evaluate", file)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {file}: this is a model without a run folder, so its data are not known. "
        f"Name them: striate evaluate {file} digits.\n"
    )
    assert invoke("evaluate", file, "digits").exit_code == 0


def test_a_model_that_was_never_compiled_is_measured_too(tmp_path: Path, invoke: Any) -> None:
    path = tmp_path / "new.striate"
    model = st.Sequential([layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(10, "softmax")])
    model.save(path)
    assert set(json.loads(invoke("evaluate", path, "digits", "--json").stdout)["results"]) == {
        "accuracy",
        "loss",
    }


def test_images_of_another_shape_are_refused(trained: Path, tmp_path: Path, invoke: Any) -> None:
    path = tmp_path / "large.npz"
    np.savez(path, x=np.zeros((4, 28, 28), np.uint8), y=np.zeros(4, np.uint8))
    result = invoke("evaluate", trained, path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {trained}: the images of large have another shape than the model's input. "
        "Got images=(28, 28, 1). Expected (8, 8, 1).\n"
    )
