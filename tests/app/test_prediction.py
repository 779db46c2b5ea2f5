from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import striate as st
from striate import layers
from striate.app.prediction import _probabilities

pytestmark = pytest.mark.torch


def test_an_image_is_classified(trained: Path, digit: Path, invoke: Any) -> None:
    result = invoke("predict", trained, digit)
    assert result.exit_code == 0
    assert result.stderr == ""
    head, row = result.stdout.splitlines()
    assert head.split() == ["Image", "Class", "Probability", "Next"]
    assert "zero.png" in result.stdout
    assert " 0 " in row


def test_predictions_equal_those_of_python(trained: Path, digit: Path, invoke: Any) -> None:
    record = json.loads(invoke("predict", trained, digit, "--json", "--top", 10).stdout)
    with Image.open(digit) as file:
        x = np.asarray(file.resize((8, 8), Image.Resampling.NEAREST))[np.newaxis] / 255 * 16
    expected = st.load_model(trained).predict(x.astype(np.float32), verbose=0)[0]
    (image,) = record["images"]
    assert image["image"] == str(digit)
    found = {p["class"]: p["probability"] for p in image["predictions"]}
    assert [found[i] for i in range(10)] == pytest.approx(expected, abs=2e-6)
    assert [p["probability"] for p in image["predictions"]] == sorted(found.values())[::-1]


def test_folders_and_several_images(trained: Path, digit: Path, invoke: Any) -> None:
    folder = digit.parent / "more"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(digit.read_bytes())
    result = invoke("predict", trained, digit, folder, "--top", 1)
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["Image", "Class", "Probability"]
    assert len(lines) == 4


def test_an_unreadable_image_leaves_the_others(trained: Path, digit: Path, invoke: Any) -> None:
    bad = digit.with_name("bad.png")
    bad.write_text("no image", encoding="utf-8")
    result = invoke("predict", trained, bad, digit, digit.with_name("none.png"))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 2
    assert result.stderr == (
        f"error: {bad}: this is not an image of a kind that can be read. "
        "Expected a PNG or JPEG file.\n"
        f"error: {digit.with_name('none.png')}: there is no such image.\n"
    )
    result = invoke("predict", trained, bad, "--json")
    assert result.exit_code == 1
    assert "kind that can be read" in json.loads(result.stdout)["images"][0]["error"]


def test_ink_on_paper_is_told(trained: Path, digit: Path, invoke: Any) -> None:
    paper = digit.with_name("paper.jpg")
    with Image.open(digit) as image:
        Image.fromarray(255 - np.asarray(image)).save(paper, quality=100)
    result = invoke("predict", trained, paper)
    assert result.exit_code == 0
    assert result.stderr == (
        f"note: {paper} has a light background, the training images had a dark one; "
        "--invert exchanges black and white\n"
    )
    result = invoke("predict", trained, paper, "--invert", "--json", "--top", 1)
    assert result.stderr == ""
    assert json.loads(result.stdout)["images"][0]["predictions"][0]["class"] == 0


def test_a_model_made_in_python_names_its_classes(tmp_path: Path, digit: Path, invoke: Any) -> None:
    model = st.Sequential(
        [layers.Input((8, 8, 1)), layers.Flatten(), layers.Dense(2, kernel_initializer="zeros")]
    )
    model.class_names = ["cat", "dog"]
    model.save(tmp_path / "own.striate")
    result = invoke("predict", tmp_path / "own.striate", digit, "--json")
    (image,) = json.loads(result.stdout)["images"]
    assert image["predictions"] == [
        {"class": 0, "name": "cat", "probability": 0.5},
        {"class": 1, "name": "dog", "probability": 0.5},
    ]
    assert result.stderr == (
        "note: the model does not say how its images were prepared; they are taken as "
        "8 x 8 pixels, grayscale, values 0 to 255\n"
    )


def test_a_model_of_open_size_takes_images_of_any_size(
    tmp_path: Path, digit: Path, invoke: Any
) -> None:
    model = st.Sequential(
        [layers.Input((None, None, 1)), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    model.save(tmp_path / "open.striate")
    small = digit.with_name("small.png")
    with Image.open(digit) as image:
        image.resize((10, 20)).save(small)
    result = invoke("predict", tmp_path / "open.striate", digit, small, "--json")
    assert len(json.loads(result.stdout)["images"]) == 2


@pytest.mark.parametrize(
    ("activation", "units"), [("softmax", 3), (None, 3), ("sigmoid", 1), (None, 1)]
)
def test_outputs_become_probabilities(activation: str | None, units: int) -> None:
    model = st.Sequential([layers.Input((4,)), layers.Dense(units, activation=activation)])
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    found = _probabilities(model, x, "cpu")
    assert found.shape == (5, max(units, 2))
    assert found.sum(axis=1) == pytest.approx(np.ones(5))
    assert (found >= 0).all()
    if activation == "softmax":
        assert (found == model.predict(x, verbose=0)).all()


def test_a_model_that_gives_no_classes_is_refused(tmp_path: Path, digit: Path, invoke: Any) -> None:
    path = tmp_path / "maps.striate"
    st.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(4, 3)]).save(path)
    result = invoke("predict", path, digit)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        f"error: {path}: this model does not give classes. Got output=(None, 6, 6, 4). Expected "
        "one output (None, classes). Use st.load_model(...).predict(...) in Python for other "
        "outputs."
    )
