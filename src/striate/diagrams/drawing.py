"""Drawing: shapes on a page, which becomes SVG here, and PNG or PDF through matplotlib."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from striate.diagrams.lettering import text_width

if TYPE_CHECKING:
    from striate.figures import Picture

Point = tuple[float, float]
FONT = "DejaVu Sans, Verdana, Geneva, sans-serif"
DPI = 200
HEAD = 6.0  # the length of an arrow head


@dataclass(frozen=True)
class Box:
    """A rectangle, its corners perhaps rounded.

    Args:
        x, y: its upper left corner.
        width, height: its size.
        fill: its colour; "none" leaves it open.
        stroke: the colour of its border; "none" for none.
        radius: of its corners.
        dashed: a dashed border.
        name: what it stands for, such as the name of a node.
    """

    x: float
    y: float
    width: float
    height: float
    fill: str = "none"
    stroke: str = "#555555"
    radius: float = 0.0
    dashed: bool = False
    name: str = ""

    def moved(self, dx: float, dy: float) -> Box:
        """The same box elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def to_svg(self) -> str:
        """As an element of SVG."""
        dashes = ' stroke-dasharray="4 3"' if self.dashed else ""
        round_ = f' rx="{_n(self.radius)}"' if self.radius else ""
        return (
            f'<rect x="{_n(self.x)}" y="{_n(self.y)}" width="{_n(self.width)}"'
            f' height="{_n(self.height)}"{round_} fill="{self.fill}"'
            f' stroke="{self.stroke}"{dashes}/>'
        )


@dataclass(frozen=True)
class Text:
    """A line of text.

    Args:
        x: its left end, middle or right end, by `anchor`.
        y: its baseline.
        text: what it says.
        size: height of the font.
        bold: heavier letters.
        colour: of the letters.
        anchor: "start", "middle" or "end".
    """

    x: float
    y: float
    text: str
    size: float = 10.0
    bold: bool = False
    colour: str = "#1b1b1b"
    anchor: str = "start"

    @property
    def width(self) -> float:
        """How much room it takes."""
        return text_width(self.text, self.size, bold=self.bold)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]

    def moved(self, dx: float, dy: float) -> Text:
        """The same text elsewhere."""
        return replace(self, x=self.x + dx, y=self.y + dy)

    def to_svg(self) -> str:
        """As an element of SVG; another font is squeezed into the width that was planned."""
        weight = ' font-weight="bold"' if self.bold else ""
        anchor = f' text-anchor="{self.anchor}"' if self.anchor != "start" else ""
        return (
            f'<text x="{_n(self.x)}" y="{_n(self.y)}" font-size="{_n(self.size)}"{weight}{anchor}'
            f' fill="{self.colour}" textLength="{_n(self.width)}"'
            f' lengthAdjust="spacingAndGlyphs">{escape(self.text)}</text>'
        )


@dataclass(frozen=True)
class Shape:
    """A polygon, or a line of straight and curved pieces.

    Args:
        pieces: where it begins, as a piece of one point; then pieces of one point, to which a
            straight line goes, or of three, the last of which a Bezier curve goes to.
        fill: its colour; a line has none.
        stroke: the colour of the line; "none" for none.
        closed: it ends where it began.
        arrow: it ends with an arrow head.
        width: of the line.
        name: what it stands for, such as (from, to) of an edge.
    """

    pieces: tuple[tuple[Point, ...], ...]
    fill: str = "none"
    stroke: str = "#555555"
    closed: bool = False
    arrow: bool = False
    width: float = 1.0
    name: tuple[str, str] = ("", "")

    def moved(self, dx: float, dy: float) -> Shape:
        """The same shape elsewhere."""
        pieces = tuple(tuple((x + dx, y + dy) for x, y in piece) for piece in self.pieces)
        return replace(self, pieces=pieces)

    @property
    def points(self) -> list[Point]:
        """All points, in order."""
        return [point for piece in self.pieces for point in piece]

    def head(self) -> Shape:
        """The arrow head, a triangle whose tip is the end of the line."""
        (x, y), tip = self.points[-2:]
        dx, dy = tip[0] - x, tip[1] - y
        length = (dx**2 + dy**2) ** 0.5 or 1.0
        dx, dy = HEAD * dx / length, HEAD * dy / length
        left = (tip[0] - dx - 0.45 * dy, tip[1] - dy + 0.45 * dx)
        right = (tip[0] - dx + 0.45 * dy, tip[1] - dy - 0.45 * dx)
        return Shape(((tip,), (left,), (right,)), fill=self.stroke, stroke="none", closed=True)

    def to_svg(self) -> str:
        """As an element of SVG."""
        text = ""
        for i, piece in enumerate(self.pieces):
            letter = "M" if i == 0 else "C" if len(piece) == 3 else "L"
            text += letter + " ".join(f"{_n(x)} {_n(y)}" for x, y in piece)
        text += "Z" if self.closed else ""
        line = f'<path d="{text}" fill="{self.fill}" stroke="{self.stroke}"'
        line += f' stroke-width="{_n(self.width)}" stroke-linejoin="round"/>'
        return line + (self.head().to_svg() if self.arrow else "")


Element = Box | Text | Shape


@dataclass(frozen=True)
class Drawing:
    """Shapes on a page; notebooks show it, and `save` writes it.

    Args:
        width, height: the size of the page, in points (1/72 inch).
        elements: what is drawn, the first lowest.
        title: what it shows, for those who cannot see it.
        dpi: pixels per inch of PNG files, unless `save` is told another number.
    """

    width: float
    height: float
    elements: tuple[Element, ...] = field(repr=False)
    title: str = ""
    dpi: float = DPI

    def to_svg(self) -> str:
        """The drawing as the text of an SVG file."""
        size = f'width="{_n(self.width)}" height="{_n(self.height)}"'
        page = Box(0, 0, self.width, self.height, fill="#ffffff", stroke="none")
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"'
            f' viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
            f" font-family={quoteattr(FONT)}>",
            f"<title>{escape(self.title)}</title>",
            *(element.to_svg() for element in (page, *self.elements)),
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def figure(self) -> Picture:
        """The drawing as a matplotlib figure."""
        from striate.diagrams.rendering import rendered

        return rendered(self)

    def save(self, path: str | os.PathLike[str], dpi: float | None = None) -> None:
        """Writes an SVG, PNG or PDF file, by the ending of its name.

        Args:
            path: the file.
            dpi: pixels per inch, for PNG.

        Raises:
            ArgumentError: another ending, or a PNG with too many pixels.
            StorageError: the file cannot be written.
        """
        from striate.figures.saving import save_picture

        save_picture(path, lambda ending: self.content(ending, dpi))

    def content(self, ending: str, dpi: float | None = None) -> bytes:
        """The bytes of a file of that format: "png", "svg" or "pdf"."""
        if ending == "svg":
            return self.to_svg().encode()
        from striate.diagrams.rendering import check_size

        dpi = self.dpi if dpi is None else dpi
        if ending == "png":
            check_size(self, dpi)
        import matplotlib

        # hinting would make letters wider than planned where pixels are few
        with matplotlib.rc_context({"text.hinting": "no_hinting"}):
            return self.figure().content(ending, dpi)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def _repr_png_(self) -> bytes:
        return self.content("png")


def moved(elements: Iterable[Element], dx: float, dy: float) -> list[Element]:
    """Shapes elsewhere."""
    return [element.moved(dx, dy) for element in elements]


def _n(value: float) -> str:
    """A number with at most two digits behind the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
