"""Widths of texts are those that matplotlib's font has."""

from __future__ import annotations

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

from striate.diagrams.lettering import text_width


@pytest.mark.parametrize("bold", [False, True])
def test_the_width_is_that_of_the_font(bold: bool) -> None:
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=10)
    for text in ("".join(map(chr, range(32, 127))), "conv2d_1 (Conv2D)", "(None, 28, 28, 64)"):
        width, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
        assert text_width(text, 10, bold=bold) == pytest.approx(width, rel=0.03)


def test_letters_that_are_not_in_the_table_are_as_wide_as_high() -> None:
    assert text_width("層", 10) == 10
