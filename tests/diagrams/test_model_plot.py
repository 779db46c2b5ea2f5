"""Drawings of models: nothing overlaps, edges end on their boxes, texts fit, all is said."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

import striate as st
from benchmarks.networks.classic import mobilenet_v2, squeezenet
from benchmarks.networks.guide import deep, digits, three_of_32, three_of_32_strided
from benchmarks.networks.residual import resnet50
from striate import layers
from striate.diagrams import Box, Drawing, Shape, Text
from tests.diagrams import networks

pytestmark = pytest.mark.torch

NETWORKS = [
    three_of_32,
    three_of_32_strided,
    digits,
    deep,
    networks.one_inception_block,
    networks.googlenet,
    resnet50,
    squeezenet,
    mobilenet_v2,
    networks.nested,
]
Rectangle = tuple[float, float, float, float]


def rectangle(box: Box) -> Rectangle:
    return box.x, box.y, box.x + box.width, box.y + box.height


def inside(a: Rectangle, b: Rectangle) -> bool:
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def apart(a: Rectangle, b: Rectangle) -> bool:
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def on_border(point: tuple[float, float], box: Rectangle) -> bool:
    x, y = point
    near = pytest.approx
    across = box[0] <= x <= box[2] and (y == near(box[1]) or y == near(box[3]))
    return across or (box[1] <= y <= box[3] and (x == near(box[0]) or x == near(box[2])))


def boxes_of(drawing: Drawing) -> list[Box]:
    return [e for e in drawing.elements if isinstance(e, Box) and e.name]


@pytest.mark.parametrize("make", NETWORKS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("rankdir", ["TB", "LR", "BT", "RL"])
def test_nothing_overlaps_and_every_edge_ends_on_its_boxes(
    make: Callable[[], st.Model], rankdir: str
) -> None:
    details = {"show_shapes": True, "show_layer_names": True, "show_layer_activations": True}
    drawing = st.plot_model(make(), None, rankdir=rankdir, expand_nested=True, **details)
    boxes = boxes_of(drawing)
    for a, b in itertools.combinations(map(rectangle, boxes), 2):
        assert apart(a, b) or inside(a, b) or inside(b, a)
    named: dict[str, list[Rectangle]] = {}
    for box in boxes:
        named.setdefault(box.name, []).append(rectangle(box))
        assert inside(rectangle(box), (0, 0, drawing.width, drawing.height))
    for edge in (e for e in drawing.elements if isinstance(e, Shape) and e.name != ("", "")):
        start, end = edge.points[0], edge.points[-1]
        assert any(on_border(start, box) for box in named[edge.name[0]])
        assert any(on_border(end, box) for box in named[edge.name[1]])
    for text in (e for e in drawing.elements if isinstance(e, Text)):
        room = (text.left, text.y - 0.8 * text.size, text.left + text.width, text.y)
        assert any(inside(room, rectangle(box)) for box in boxes)


def test_every_edge_of_the_graph_is_drawn_once() -> None:
    model = networks.one_inception_block()
    drawing = st.plot_model(model, None)
    drawn = [e.name for e in drawing.elements if isinstance(e, Shape)]
    assert sorted(drawn) == sorted((p.node, n.name) for n in model.graph for p in n.inputs)
    assert sorted(b.name for b in boxes_of(drawing)) == sorted(n.name for n in model.graph)


def test_what_is_asked_for_is_said() -> None:
    x = st.Input((8, 8, 3), name="image")
    conv = layers.Conv2D(4, 3, activation="relu", name="conv", trainable=False)
    model = st.Model(x, layers.Dense(2, name="last")(layers.Add(name="sum")([conv(x), conv(x)])))

    def texts(**details: bool) -> list[str]:
        return [
            e.text for e in st.plot_model(model, None, **details).elements if hasattr(e, "text")
        ]

    assert texts() == ["InputLayer", "Conv2D", "Conv2D", "Add", "Dense"]
    assert texts(show_layer_names=True)[1:3] == ["conv (Conv2D)", "conv@2 (Conv2D)"]
    every = texts(
        show_shapes=True, show_dtype=True, show_layer_activations=True, show_trainable=True
    )
    assert every == [
        *("InputLayer", "output: (None, 8, 8, 3)", "dtype: float32"),
        *("Conv2D", "activation: relu", "input: (None, 8, 8, 3)", "output: (None, 6, 6, 4)"),
        *("dtype: float32", "frozen"),
        *("Conv2D", "activation: relu", "input: (None, 8, 8, 3)", "output: (None, 6, 6, 4)"),
        *("dtype: float32",),
        *("Add", "input: 2 x (None, 6, 6, 4)", "output: (None, 6, 6, 4)", "dtype: float32"),
        *("Dense", "activation: linear", "input: (None, 6, 6, 4)", "output: (None, 6, 6, 2)"),
        *("dtype: float32", "trained"),
    ]


def test_nested_models_are_boxes_or_frames() -> None:
    names = [b.name for b in boxes_of(st.plot_model(networks.nested(), None))]
    assert names == ["image", "first", "block", "block@2", "flat", "last"]
    frames = boxes_of(st.plot_model(networks.nested(), None, expand_nested=True))
    assert [b.name for b in frames if b.dashed] == ["block", "core", "block@2", "core"]
    assert sum(b.name == "re_lu" for b in frames) == 2


def test_a_range_of_layers() -> None:
    drawing = st.plot_model(digits(), None, layer_range=("conv2d", "conv2d_1"))
    assert [b.name for b in boxes_of(drawing)] == ["conv2d", "max_pooling2d", "conv2d_1"]


def test_files_in_every_format(tmp_path: Path) -> None:
    drawing = st.plot_model(digits(), tmp_path / "model.png", show_shapes=True, dpi=50)
    with Image.open(tmp_path / "model.png") as image:
        assert image.size == (int(drawing.width * 50 / 72), int(drawing.height * 50 / 72))
        grey = image.convert("L").histogram()
        assert sum(grey[:100]) > 500  # letters
    drawing.save(tmp_path / "model.pdf")
    assert (tmp_path / "model.pdf").read_bytes().startswith(b"%PDF")
    drawing.save(tmp_path / "model.svg")
    root = ElementTree.fromstring((tmp_path / "model.svg").read_text(encoding="utf-8"))
    assert root.find("{http://www.w3.org/2000/svg}title").text.startswith("sequential: Rescaling")
    assert drawing._repr_svg_() == drawing.to_svg()
    with Image.open(io.BytesIO(drawing._repr_png_())) as image:
        assert image.width == int(drawing.width * 50 / 72)


def test_names_with_signs_of_their_own_are_written_as_they_are() -> None:
    model = st.Sequential([layers.Dense(2, input_shape=(3,), name="a<b>&$x$")], name="<&>")
    drawing = st.plot_model(model, None, show_layer_names=True)
    root = ElementTree.fromstring(drawing.to_svg())
    assert "a<b>&$x$ (Dense)" in [e.text for e in root.iter() if e.text]
    assert drawing._repr_png_().startswith(b"\x89PNG")


CASES: list[tuple[Callable[[], object], type[Exception], str]] = [
    (
        lambda: st.plot_model(digits(), rankdir="UP"),
        st.ArgumentError,
        'plot_model: unknown direction. Got rankdir=\'UP\'. Expected "TB", "LR", "BT" or "RL".',
    ),
    (
        lambda: st.plot_model(digits(), None, layer_range=("conv2d", "conv_9")),
        st.UnknownNameError,
        "plot_model: unknown layer. Got 'conv_9'. Did you mean 'conv2d_2' or 'conv2d_1' or"
        " 'conv2d'?",
    ),
    (
        lambda: st.plot_model(digits(), "model.jpg"),
        st.ArgumentError,
        "save: not a format of pictures. Got path='model.jpg'. Expected a name that ends with"
        " .png, .svg or .pdf.",
    ),
    (
        lambda: Drawing(7200, 100, ()).save("wide.png", dpi=1000),
        st.ArgumentError,
        "save: the picture has too many pixels. Got dpi=1000, inches=100.0. Expected at most"
        " 65535 pixels on a side. dpi=655, or a name that ends with .svg.",
    ),
    (
        lambda: st.plot_model(st.Sequential([layers.Dense(2)])),
        st.NotBuiltError,
        "sequential (Sequential): the input shape is not known yet. Expected a model that was"
        " built. Give the first layer input_shape=..., call model.build((None, ...)), or fit it"
        " to data.",
    ),
]


@pytest.mark.parametrize(("call", "kind", "text"), CASES, ids=range(len(CASES)))
def test_the_message(call: Callable[[], object], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == text
