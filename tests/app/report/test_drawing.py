"""Figures become part of the page: its colours, its letters, ids of their own."""

from __future__ import annotations

import base64
import io
import re
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from striate.app.report.drawing import drawing, picture
from striate.figures import as_text, panels, quiet


def sketch(title: str = "a title") -> str:
    made, (axes,) = panels(1)
    quiet(axes, as_text(title), "x").plot([1, 2], label="line")
    axes.imshow(np.eye(3), extent=(0, 1, 1, 2))
    axes.legend(frameon=False)
    return drawing(made, "sketch", "what <there> is to see", "a caption")


def test_black_becomes_the_colour_of_text_and_nothing_is_white() -> None:
    made = sketch()
    assert "currentColor" in made
    assert not re.search("#000000|#ffffff|<metadata|<\\?xml|xlink", made)
    assert ">a title</text>" in made, "letters stay letters"
    assert made.startswith('<figure style="--width: 484px"><svg role="img" aria-label="what &lt;')
    assert made.endswith("<figcaption>a caption</figcaption></figure>")


def test_every_reference_has_its_target_and_no_id_is_used_twice() -> None:
    made = sketch()
    ids = re.findall(r'\bid="([^"]*)"', made)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("sketch-") for name in ids)
    targets = re.findall(r'url\(#([^)]*)\)|href="#([^"]*)"', made)
    assert targets
    assert {one or other for one, other in targets} <= set(ids)


def test_it_is_well_formed() -> None:
    ElementTree.fromstring(sketch())


@pytest.mark.parametrize("title", ["$\\frac$ costs 5$", "_private", "<b>&amp;", "数字"])
def test_names_that_matplotlib_would_read_as_something_else(title: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ElementTree.fromstring(sketch(title))
    texts = [node.text for node in tree.iter() if node.tag.endswith("text")]
    assert title in [(text or "").strip() for text in texts]


def test_the_same_figure_is_the_same_text() -> None:
    assert sketch() == sketch()


def test_images_are_data_and_small_ones_show_their_pixels() -> None:
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    made = picture(pixels, 'an "image"')
    assert 'alt="an &quot;image&quot;"' in made
    assert 'class="pixels"' in made
    assert 'width="8" height="8"' in made
    content = base64.b64decode(re.findall('base64,([^"]*)', made)[0])
    assert (np.asarray(Image.open(io.BytesIO(content))) == pixels).all()
    large = picture(np.zeros((600, 400, 3), np.uint8), "large")
    assert "pixels" not in large
    content = base64.b64decode(re.findall('base64,([^"]*)', large)[0])
    assert Image.open(io.BytesIO(content)).size == (171, 256)
