"""Figures need no pyplot and no display, save themselves, and are seen on light and dark pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from striate.errors import ArgumentError
from striate.figures import COLOURS, MUTED, as_pixels, colour, panels, quiet, shades

PAGES = ("#ffffff", "#15181c")


def luminance(text: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    values = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("page", PAGES)
def test_colours_have_a_contrast_of_three_on_every_page(page: str) -> None:
    for text in (*COLOURS, MUTED):
        low, high = sorted((luminance(text), luminance(page)))
        assert (high + 0.05) / (low + 0.05) >= 3


def test_colours_repeat() -> None:
    assert colour(0) == colour(10) == COLOURS[0]


def test_shades_begin_with_the_page_itself() -> None:
    assert shades()(0.0)[3] == 0
    assert shades()(1.0)[3] == 1


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_figure_saves_itself(suffix: str, tmp_path: Path) -> None:
    picture, (axes,) = panels(1)
    quiet(axes, "title", "x", "y").plot([1, 2])
    path = tmp_path / f"plot.{suffix}"
    picture.savefig(path)
    begins = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert path.read_bytes().startswith(begins[suffix])
    assert picture._repr_png_().startswith(begins["png"])


def test_no_pyplot_is_loaded() -> None:
    program = (
        "import sys; from striate.figures import panels; panels(2); print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "'matplotlib.figure'" in done.stdout
    assert "'matplotlib.pyplot'" not in done.stdout
    assert "'torch'" not in done.stdout


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    picture, _ = panels(1)
    picture.save(tmp_path / "plot.pdf")
    assert (tmp_path / "plot.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ArgumentError) as caught:
        picture.save("plot.bmp")
    assert str(caught.value) == (
        "save: not a format of pictures. Got path='plot.bmp'. "
        "Expected a name that ends with .png, .svg or .pdf."
    )


def test_a_saved_figure_is_the_same_each_time() -> None:
    picture, (axes,) = panels(1)
    axes.plot([1, 2])
    for ending in ("png", "svg", "pdf"):
        assert picture.content(ending) == picture.content(ending)


@pytest.mark.parametrize(
    ("shape", "pixels"),
    [((2, 3), (2, 3)), ((2, 3, 1), (2, 3)), ((2, 3, 4), (2, 3, 3)), ((2, 3, 7), (2, 3))],
)
def test_arrays_become_pixels(shape: tuple[int, ...], pixels: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = as_pixels(values)
    assert found.shape == pixels
    assert found.dtype == np.uint8
    assert found.min() == 0
    assert (as_pixels(values, (-1.0, -0.5)) == 255).all()
    assert (as_pixels(np.full(shape, 3.0)) == 0).all()
