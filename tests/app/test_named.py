"""Commands that take a network of the zoo by its name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from striate.app.named import Named, parsed_shape
from striate.app.networks import build
from striate.errors import ArgumentError

pytestmark = pytest.mark.torch


def test_a_network_is_summarized_without_weights(invoke: Any) -> None:
    record = json.loads(invoke("summary", "resnet50", "--json").stdout)
    assert record["num_parameters"] == 25_636_712
    assert record["rows"][-1]["output_shape"] == [None, 1000]


def test_its_input_shape_and_stem_are_options(invoke: Any) -> None:
    words = ["summary", "resnet18", "--input-shape", "28x28x1", "--stem", "small", "--json"]
    rows = {row["name"]: row for row in json.loads(invoke(*words).stdout)["rows"]}
    assert rows["conv1_relu"]["output_shape"] == [None, 28, 28, 64]


def test_its_cost_is_told(invoke: Any) -> None:
    record = json.loads(invoke("summary", "squeezenet1_1", "--cost", "--json").stdout)
    assert record["cost"]["macs"] == 349_151_936


def test_it_is_drawn_into_a_file_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("plot", "lenet5_modern")
    assert result.stdout == "Drawn into lenet5_modern.png.\n"
    assert (tmp_path / "lenet5_modern.png").stat().st_size > 1000


def test_what_is_neither_file_nor_network_lists_the_nearest(invoke: Any) -> None:
    result = invoke("summary", "resnet51")
    assert result.exit_code == 1
    assert result.stderr == (
        "error: unknown file, run folder or network (see `striate models`). Got 'resnet51'. "
        "Did you mean 'resnet56' or 'resnet50' or 'resnet18'?\n"
    )


def test_a_saved_model_keeps_its_input_shape(tmp_path: Path, invoke: Any) -> None:
    result = invoke("summary", tmp_path, "--input-shape", "8x8x1")
    assert result.stderr == (
        f"error: {tmp_path}: a saved model has the input shape that it was built for. Expected "
        "--input-shape and --stem with a network of the zoo. striate summary resnet50 "
        "--input-shape 64x64x3.\n"
    )


@pytest.mark.parametrize("text", ["64", "64x64", "64x64x0", "axbxc", "1x2x3x4"])
def test_a_shape_is_three_numbers(text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        parsed_shape(text)
    assert str(caught.value) == (
        f"--input-shape: this is no shape of an image. Got input_shape='{text}'. Expected height, "
        "width and channels. --input-shape 64x64x3."
    )


def test_a_file_comes_before_a_network_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from striate import Sequential, layers

    Sequential([layers.Dense(2, input_shape=(3,))]).save(tmp_path / "m.striate")
    (tmp_path / "m.striate").rename(tmp_path / "vgg16")
    monkeypatch.chdir(tmp_path)
    assert Named("vgg16").graph().num_parameters == 8


def test_models_are_listed(invoke: Any) -> None:
    lines = invoke("models", "squeeze").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["name", "squeezenet1_0", "squeezenet1_1"]
    record = json.loads(invoke("models", "--sort", "top1", "--json").stdout)
    assert record["models"][0]["name"] == "lenet5"
    assert len(record["models"]) == 67
    assert invoke("models", "none").stdout == "No network has 'none' in its name.\n"


def test_a_network_of_the_zoo_is_trained_on_images_of_another_size() -> None:
    model = build("squeezenet1_1", (28, 28, 1), 5, (0.0, 16.0))
    assert (model.input_shape, model.output_shape) == ((None, 28, 28, 1), (None, 5))
    assert model.get_layer("conv1").output_shape == (None, 28, 28, 64)
    assert model.layers[1].scale == 1 / 16
    large = build("squeezenet1_1", (96, 96, 3), 5, (0.0, 255.0))
    assert large.get_layer("conv1").output_shape == (None, 47, 47, 64)


def test_a_network_that_scales_pixels_gets_them_from_0_to_255() -> None:
    assert build("efficientnet_b0", (32, 32, 3), 5, (0.0, 1.0)).layers[1].scale == 255


def test_auxiliary_heads_are_left_out() -> None:
    assert build("googlenet_bn", (32, 32, 3), 5, (0.0, 1.0)).output_shape == (None, 5)


def test_a_network_that_scores_pixels_is_refused() -> None:
    with pytest.raises(ArgumentError) as caught:
        build("unet", (572, 572, 1), 5, (0.0, 1.0))
    assert str(caught.value) == (
        "--model: this network gives no score per class. Got model='unet'. Expected a network "
        "that classifies images. striate models."
    )
