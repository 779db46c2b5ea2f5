"""Boxes of volumes stand beside each other, each with its size, in the order of the network."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

import striate as st
from benchmarks.networks.guide import digits, three_of_32, three_of_32_strided
from benchmarks.networks.residual import resnet18
from striate import layers
from striate.diagrams import Drawing, Shape, Text
from tests.diagrams import networks

pytestmark = pytest.mark.torch


def faces(drawing: Drawing) -> dict[str, list[Shape]]:
    """The faces of each box, by the name of its layer."""
    found: dict[str, list[Shape]] = {}
    for element in drawing.elements:
        if isinstance(element, Shape):
            found.setdefault(element.name[0], []).append(element)
    return found


def extent(shapes: list[Shape]) -> tuple[float, float, float, float]:
    points = [p for shape in shapes for p in shape.points]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


@pytest.mark.parametrize(
    "make",
    [three_of_32, three_of_32_strided, digits, networks.googlenet, networks.nested, resnet18],
)
def test_nothing_overlaps(make: Callable[[], st.Model]) -> None:
    drawing = st.plot_volumes(make())
    boxes = [extent(shapes) for shapes in faces(drawing).values()]
    for a, b in itertools.pairwise(boxes):
        assert a[2] < b[0]
        assert a[3] == pytest.approx(b[3])
    texts = [e for e in drawing.elements if isinstance(e, Text)]
    for line in (texts[0::2], texts[1::2]):
        for left, right in itertools.pairwise(line):
            assert left.left + left.width < right.left
    assert texts[0].y > boxes[0][3]
    for left, top, right, bottom in boxes:
        assert left > 0
        assert top > 0
        assert right < drawing.width
        assert bottom < drawing.height


def test_sizes_grow_with_rows_columns_and_channels() -> None:
    drawing = st.plot_volumes(digits())
    fronts = {name: extent(shapes[:1]) for name, shapes in faces(drawing).items()}
    heights = {name: box[3] - box[1] for name, box in fronts.items()}
    widths = {name: box[2] - box[0] for name, box in fronts.items()}
    assert heights["conv2d"] > heights["max_pooling2d"] > heights["conv2d_2"]
    assert heights["max_pooling2d"] / heights["conv2d"] == pytest.approx((13 / 26) ** 0.5)
    assert widths["conv2d_2"] / widths["conv2d_1"] == pytest.approx(2**0.5)
    assert heights["flatten"] > heights["dense"] > heights["dense_1"]
    assert [len(shapes) for shapes in faces(drawing).values()] == [3] * 6 + [1] * 3


def test_each_box_says_what_it_is() -> None:
    texts = [e.text for e in st.plot_volumes(three_of_32_strided()).elements if hasattr(e, "text")]
    assert texts[:4] == ["28 x 28 x 1", "input", "14 x 14 x 32", "Conv2D 3x3 / 2"]
    assert texts[-4:] == ["128", "Dense", "10", "Dense"]


def test_layers_that_keep_the_form_have_no_box_of_their_own() -> None:
    stack = [
        layers.Rescaling(1 / 255, input_shape=(8, 8, 1)),
        layers.Conv2D(4, 3),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Dropout(0.5),
        layers.Conv2D(4, 3, padding="same"),
        layers.Flatten(),
    ]
    drawing = st.plot_volumes(st.Sequential(stack))
    assert list(faces(drawing)) == ["input_layer", "conv2d", "conv2d_1", "flatten"]


def test_the_longest_way_is_drawn_through_nested_models() -> None:
    drawing = st.plot_volumes(networks.nested())
    assert list(faces(drawing)) == [
        *("image", "first", "block/core/conv2d", "block/sum"),
        *("block@2/core/conv2d", "block@2/sum", "flat", "last"),
    ]


def test_sequences_and_open_sizes(tmp_path: Path) -> None:
    x = st.Input((None, 6))
    model = st.Model(x, layers.Conv1D(8, 3)(x))
    drawing = st.plot_volumes(model, tmp_path / "volumes.svg")
    assert drawing.title == f"{model.name}: ? x 6, ? x 8"
    assert "? x 8" in (tmp_path / "volumes.svg").read_text(encoding="utf-8")
