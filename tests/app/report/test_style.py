"""Texts can be read: WCAG's contrast AA in both schemes; paper is always light."""

from __future__ import annotations

import pytest

from striate.app.report.style import COLOURS, STYLE
from tests.figures.test_figures import PAGES, luminance


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1])
@pytest.mark.parametrize("behind", ["page", "panel"])
@pytest.mark.parametrize("text", ["text", "quiet", "link", "good", "bad"])
def test_every_text_has_a_contrast_of_four_and_a_half(text: str, behind: str, scheme: int) -> None:
    assert contrast(COLOURS[text][scheme], COLOURS[behind][scheme]) >= 4.5


def test_the_pages_are_those_that_figures_are_made_for() -> None:
    assert COLOURS["page"] == PAGES


@pytest.mark.parametrize("scheme", [0, 1])
def test_numbers_in_a_confusion_matrix_can_be_read_on_every_shade(scheme: int) -> None:
    page, text = COLOURS["page"][scheme], COLOURS["text"][scheme]
    for level in range(101):
        share = level / 100
        mixed = [
            round(share * int("1d4ed8"[i : i + 2], 16) + (1 - share) * int(page[i + 1 : i + 3], 16))
            for i in (0, 2, 4)
        ]
        shade = "#" + "".join(f"{value:02x}" for value in mixed)
        assert contrast("#ffffff" if share > 0.82 else text, shade) >= 3.5, shade


def test_the_style_asks_nothing_of_the_network_and_prints_light() -> None:
    assert "url(" not in STYLE
    assert "@import" not in STYLE
    dark = STYLE.index("prefers-color-scheme: dark")
    assert STYLE.index("@media print { :root") > dark, "the last rule wins"
