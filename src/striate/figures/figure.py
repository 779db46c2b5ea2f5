"""figure: a matplotlib figure that a notebook shows, that saves itself, and needs no pyplot."""

from __future__ import annotations

import io
from typing import Any

from matplotlib.figure import Figure

from striate.figures.palette import MUTED

_DPI = 110


class Picture(Figure):
    """A `matplotlib.figure.Figure` that notebooks show without pyplot.

    `picture.savefig("name.png")` writes it; the ending chooses PNG, SVG or PDF.

    Example:
        >>> from striate.figures import figure
        >>> picture = figure(4, 3)
        >>> axes = picture.add_subplot()
        >>> picture._repr_png_()[1:4]
        b'PNG'
    """

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=_DPI)
        return buffer.getvalue()


def figure(width_inches: float, height_inches: float) -> Picture:
    """An empty figure whose parts keep clear of each other."""
    return Picture(figsize=(width_inches, height_inches), layout="constrained")


def panels(
    count: int, *, most_columns: int = 3, width_inches: float = 4.8, height_inches: float = 3.4
) -> tuple[Picture, list[Any]]:
    """A figure with so many axes, side by side and below each other.

    Example:
        >>> picture, axes = panels(4)
        >>> len(axes), picture.get_size_inches().tolist()
        (4, [14.4, 6.8])
    """
    columns = min(count, most_columns) or 1
    rows = -(-count // columns) or 1
    made = figure(width_inches * columns, height_inches * rows)
    return made, [made.add_subplot(rows, columns, place + 1) for place in range(count)]


def quiet(axes: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """Axes without a box, with a faint grid, a title and the names of what they measure."""
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=MUTED, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
