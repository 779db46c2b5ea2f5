"""Figures and images inside a page: SVG in the page's own colours, PNG as data."""

from __future__ import annotations

import base64
import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.app.report.markup import Html, element

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = np.ndarray[Any, Any]

_LARGEST_PX = 256
_INK = re.compile(r"#(?:000000|555555)\b")
_POINTS_PER_INCH = 72
_LARGEST = 1.4
"""Drawings grow to so many times their own size where there is room."""


def drawing(figure: Figure, name: str, text: str, caption: str = "") -> Html:
    """A figure as part of the page; black becomes the page's colour of text, white nothing.

    Args:
        figure: what to draw.
        name: unique in the page; ids inside the drawing begin with it.
        text: says what there is to see, for those who do not see it.
        caption: a line below; none if empty.
    """
    width = figure.get_size_inches()[0] * _POINTS_PER_INCH * _LARGEST
    opening = element("svg", role="img", aria_label=text, viewBox=_view_box(figure))
    svg = opening.removesuffix("</svg>") + _inner_svg(figure, name) + "</svg>"
    parts = [Html(svg), *([element("figcaption", caption)] if caption else [])]
    return element("figure", *parts, style=f"--width: {width:.0f}px")


def picture(pixels: Array, text: str, largest_px: int = _LARGEST_PX) -> Html:
    """An image of bytes (H, W), (H, W, 3) or (H, W, 4); those that are not shrunk show pixels.

    Args:
        pixels: the image.
        text: says what there is to see.
        largest_px: wider and higher ones are shrunk to this.
    """
    from PIL import Image

    image = Image.fromarray(pixels)
    small = max(image.size) <= largest_px
    image.thumbnail((largest_px, largest_px))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    height, width = pixels.shape[:2]
    return element(
        "img",
        src=f"data:image/png;base64,{data}",
        alt=text,
        width=width,
        height=height,
        class_="pixels" if small else None,
    )


def _view_box(figure: Figure) -> str:
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    return f"0 0 {width:g} {height:g}"


def _inner_svg(figure: Figure, name: str) -> str:
    """What stands inside matplotlib's `<svg>`: texts as texts, no background, ids of its own."""
    import matplotlib

    buffer = io.StringIO()
    unnamed = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": name}
    with warnings.catch_warnings(), matplotlib.rc_context(settings):
        # The reader's browser draws the letters, with fonts that have more of them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", transparent=True, metadata=unnamed)
    text = buffer.getvalue()
    inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
    inner = re.sub(r"<metadata>.*?</metadata>", "", inner, flags=re.DOTALL)
    inner = _INK.sub("currentColor", inner).replace("xlink:href", "href")
    inner = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", inner)
    return re.sub(r"\n\s*", "\n", inner)
