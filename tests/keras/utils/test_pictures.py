"""Models drawn under Keras's names."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import striate as st
from striate.errors import FormatError
from striate.keras import notes, utils

pytestmark = pytest.mark.torch


@pytest.fixture
def model() -> st.Model:
    return st.Sequential([st.layers.Dense(2, input_shape=(3,), name="dense")])


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.bmp", "BMP"), ("a.gif", "GIF")]
)
def test_draws_into_a_file(model: st.Model, tmp_path: Path, name: str, kind: str) -> None:
    drawing = utils.plot_model(model, tmp_path / name, show_shapes=True, show_layer_names=True)
    with Image.open(tmp_path / name) as image:
        assert image.format == kind
    assert "dense" in drawing.to_svg()
    utils.plot(model, to_file=str(tmp_path / name), show_shapes=True)


def test_graphviz_text_is_not_written_and_that_is_said(model: st.Model, tmp_path: Path) -> None:
    path = tmp_path / "a.dot"
    utils.plot_model(model, path)
    assert not path.exists()
    text = f"plot_model draws without Graphviz: {path} is not written; give a .png name"
    assert text in notes.said()


def test_a_dot_has_the_methods_of_pydot_s(model: st.Model, tmp_path: Path) -> None:
    dot = utils.model_to_dot(model, show_shapes=True)
    assert dot.create(prog="dot", format="svg").startswith(b"<svg")
    assert dot.create_svg().startswith(b"<svg")
    assert dot.create_png().startswith(b"\x89PNG")
    assert dot.create_pdf().startswith(b"%PDF")
    assert dot._repr_svg_().startswith("<svg")
    dot.set("dpi", 60)
    for name in ("png", "svg", "pdf"):
        assert getattr(dot, f"write_{name}")(tmp_path / name)
        assert (tmp_path / name).stat().st_size > 100
    with pytest.raises(FormatError) as error:
        dot.to_string()
    assert str(error.value) == (
        "model_to_dot: models are drawn without Graphviz, whose other formats are not made. "
        'Got format=\'dot\'. Expected "png", "svg" or "pdf".'
    )
