from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

import striate as st
from striate.app.preprocessing import KEY, Preprocessing, background, of_images, of_model
from striate.errors import DataError, FormatError
from striate.graph import Graph
from striate.graph.named import freeze_value

pytestmark = pytest.mark.torch

GREY = {"size": [8, 8], "color_mode": "grayscale", "range": [0, 16]}


def graph(shape: tuple[int | None, ...], record: Any = None) -> Graph:
    made = st.Sequential([st.layers.Input(shape), st.layers.Activation("relu")]).graph
    metadata = freeze_value({} if record is None else {KEY: record})
    return dataclasses.replace(made, metadata=metadata)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "dtype", "expected"),
    [
        (0, 255, np.uint8, (0, 255)),
        (3, 200, np.uint8, (0, 255)),
        (0, 16, np.uint8, (0, 16)),
        (0.0, 1.0, np.float32, (0, 1)),
        (-1.0, 1.0, np.float32, (-1, 1)),
        (0.5, 0.5, np.float32, (0, 0.5)),
        (0, 0, np.uint8, (0, 1)),
        (0, 65535, np.uint16, (0, 65535)),
    ],
)
def test_the_range_is_that_of_the_images(
    low: float, high: float, dtype: Any, expected: tuple[float, float]
) -> None:
    x = np.full((2, 4, 4, 1), low, dtype)
    x[0, 1, 1] = high
    assert of_images(x).range == expected


def test_size_and_colours_are_those_of_the_images() -> None:
    found = of_images(np.zeros((2, 4, 6, 3), np.uint8))
    assert found == Preprocessing((4, 6), "rgb", (0, 1), "dark")
    assert found.num_channels == 3
    assert found.describe() == "4 x 6 pixels, rgb, values 0 to 1"


def test_the_background_is_what_most_of_the_edges_are() -> None:
    x = np.zeros((1, 8, 8, 1))
    assert background(x, (0, 1)) == "dark"
    assert background(1 - x, (0, 1)) == "light"
    x[:, :, :4] = 1
    assert background(x, (0, 1)) is None


def test_what_is_recorded_is_read() -> None:
    form = of_images(np.full((1, 8, 8, 1), 16, np.uint8))
    assert of_model("a", graph((8, 8, 1), form.as_dict())) == (form, True)
    assert form.as_dict() == {**GREY, "background": "light"}
    assert of_model("a", graph((None, None, 1), {**GREY, "size": None}))[0].size is None


def test_without_a_record_the_input_tells_what_it_can() -> None:
    assert of_model("a", graph((28, 30, 3))) == (Preprocessing((28, 30), "rgb"), False)
    assert of_model("a", graph((None, None, 1))) == (Preprocessing(None, "grayscale"), False)


@pytest.mark.parametrize("shape", [(10,), (8, 8, 2), (4, 8, 8, 1), (8, 8)])
def test_a_model_of_something_else_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError) as caught:
        of_model("a.striate", graph(shape))
    assert str(caught.value) == (
        f"a.striate: this model does not take images. Got input={(None, *shape)}. Expected one "
        "input (None, height, width, channels) with 1, 3 or 4 channels. Use "
        "st.load_model(...).predict(...) in Python for other inputs."
    )


@pytest.mark.parametrize(
    "record",
    [
        "gray",
        {},
        {**GREY, "size": [8]},
        {**GREY, "size": [8, 0]},
        {**GREY, "size": [8.0, 8]},
        {**GREY, "range": [0]},
        {**GREY, "range": [0, 1, 2]},
        {**GREY, "range": ["low", "high"]},
        {**GREY, "color_mode": "cmyk"},
        {**GREY, "color_mode": ["rgb"]},
    ],
)
def test_a_record_that_is_none_is_refused(record: Any) -> None:
    with pytest.raises(FormatError) as caught:
        of_model("a.striate", graph((8, 8, 1), record))
    assert str(caught.value) == (
        "a.striate: the preprocessing recorded in this model cannot be used. "
        f"Got metadata[preprocessing]={_sorted(record)!r}. "
        'Expected for example {"size": [28, 28], "color_mode": "grayscale", "range": [0, 255]}, '
        'as the model\'s input asks for it. Set model.metadata["preprocessing"] and save the '
        "model again."
    )


def _sorted(record: Any) -> Any:
    return dict(sorted(record.items())) if isinstance(record, dict) else record


@pytest.mark.parametrize("change", [{"size": [9, 8]}, {"size": None}, {"color_mode": "rgb"}])
def test_a_record_that_does_not_fit_the_input_is_refused(change: Any) -> None:
    form = {**GREY, **change}
    with pytest.raises(FormatError, match=r"cannot be used\. Got recorded='.*', input=\(None, 8"):
        of_model("a.striate", graph((8, 8, 1), form))
