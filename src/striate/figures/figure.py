"""figure: a matplotlib figure that a notebook shows, that saves itself, and needs no pyplot."""

from __future__ import annotations

import io
import os
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from striate.figures.palette import MUTED
from striate.figures.saving import save_picture

DPI = 120


class Picture(Figure):
    """A matplotlib `Figure` that notebooks show as it is, and that belongs to nobody else.

    It is drawn without a window and without pyplot, so nothing has to be closed afterwards.

    Example:
        >>> from striate.figures import Picture
        >>> picture = Picture(figsize=(2, 1))
        >>> _ = picture.subplots().plot([1, 4, 9])
        >>> picture.save("squares.png")
    """

    def save(self, path: str | os.PathLike[str], dpi: float = DPI) -> None:
        """Writes a PNG, SVG or PDF file, by the ending of its name.

        Raises:
            ArgumentError: another ending.
            StorageError: the file cannot be written.
        """
        save_picture(path, lambda ending: self.content(ending, dpi))

    def content(self, ending: str, dpi: float = DPI) -> bytes:
        """The bytes of a file of that format: "png", "svg" or "pdf"; the same each time."""
        buffer = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending)
        with matplotlib.rc_context({"svg.hashsalt": "striate"}):
            self.savefig(buffer, format=ending, dpi=dpi, metadata=undated)
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.content("png")


def figure(width_inches: float, height_inches: float) -> Picture:
    """An empty figure whose parts keep clear of each other."""
    return Picture(figsize=(width_inches, height_inches), layout="constrained")


def panels(
    count: int, *, most_columns: int = 3, width_inches: float = 4.8, height_inches: float = 3.4
) -> tuple[Picture, list[Any]]:
    """A figure with so many axes, side by side and below each other.

    Example:
        >>> picture, axes = panels(4)
        >>> len(axes), picture.get_size_inches().round(1).tolist()
        (4, [14.4, 6.8])
    """
    columns = min(count, most_columns) or 1
    rows = -(-count // columns) or 1
    made = figure(width_inches * columns, height_inches * rows)
    return made, [made.add_subplot(rows, columns, place + 1) for place in range(count)]


def as_text(name: object) -> str:
    """A name as matplotlib shows it: `$` begins no formula, a label with `_` first is not left out.

    Example:
        >>> as_text("_cat") == " _cat", len(as_text("$x$"))
        (True, 5)
    """
    text = str(name).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def quiet(axes: Any, title: str = "", x: str = "", y: str = "") -> Any:
    """Axes without a box, with a faint grid, a title and the names of what they measure."""
    axes.set_title(title, fontsize=11)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=MUTED, alpha=0.25, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes
