"""A drawing as a matplotlib figure, for PNG and PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate import errors
from striate.diagrams.drawing import Box, Shape, Text

if TYPE_CHECKING:
    from striate.diagrams.drawing import Drawing, Element
    from striate.figures import Picture

POINTS = 72.0  # per inch
MOST_PIXELS = 2**16 - 1  # of one side: matplotlib's limit


def check_size(drawing: Drawing, dpi: float) -> None:
    """Raises ArgumentError if a PNG of the drawing would have too many pixels."""
    side = max(drawing.width, drawing.height)
    if side * dpi / POINTS <= MOST_PIXELS:
        return
    raise errors.ArgumentError(
        errors.message(
            "save",
            "the picture has too many pixels",
            got={"dpi": dpi, "inches": round(side / POINTS, 1)},
            expected=f"at most {MOST_PIXELS} pixels on a side",
            fix=f"dpi={int(MOST_PIXELS * POINTS / side)}, or a name that ends with .svg",
        )
    )


def rendered(drawing: Drawing) -> Picture:
    """The drawing as a figure of the same size."""
    from striate.figures import Picture

    size = (drawing.width / POINTS, drawing.height / POINTS)
    picture = Picture(figsize=size, facecolor="white")
    axes = picture.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    for order, element in enumerate(drawing.elements):
        for artist in _artists(element):
            artist.set_zorder(order)
            axes.add_artist(artist)
    return picture


def _artists(element: Element) -> list[Any]:
    if isinstance(element, Box):
        return [_box(element)]
    if isinstance(element, Text):
        return [_text(element)]
    return [_path(element), *([_path(element.head())] if element.arrow else [])]


def _box(box: Box) -> Any:
    from matplotlib.patches import FancyBboxPatch, Rectangle

    style: dict[str, Any] = {
        "facecolor": box.fill,
        "edgecolor": box.stroke,
        "linewidth": 1.0,
        "linestyle": (0, (4, 3)) if box.dashed else "-",
    }
    if not box.radius:
        return Rectangle((box.x, box.y), box.width, box.height, **style)
    form = f"round,pad=0,rounding_size={box.radius}"
    return FancyBboxPatch((box.x, box.y), box.width, box.height, boxstyle=form, **style)


def _text(text: Text) -> Any:
    from matplotlib.text import Text as Lettering

    return Lettering(
        text.x,
        text.y,
        text.text,
        fontsize=text.size,
        fontfamily="DejaVu Sans",
        fontweight="bold" if text.bold else "normal",
        color=text.colour,
        ha={"start": "left", "middle": "center", "end": "right"}[text.anchor],
        va="baseline",
        parse_math=False,
    )


def _path(shape: Shape) -> Any:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points, codes = list(shape.points), []
    for piece in shape.pieces:
        codes += [Path.CURVE4] * 3 if len(piece) == 3 else [Path.LINETO]
    codes[0] = Path.MOVETO
    if shape.closed:
        points.append(points[0])
        codes.append(Path.CLOSEPOLY)
    return PathPatch(
        Path(points, codes),
        facecolor=shape.fill,
        edgecolor=shape.stroke,
        linewidth=shape.width,
        joinstyle="round",
    )
