"""Figures need no pyplot and no display, save themselves, and are seen on light and dark pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from striate.figures import COLOURS, MUTED, colour, panels, quiet, shades

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
