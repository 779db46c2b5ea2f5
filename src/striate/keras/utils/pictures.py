"""Keras's `plot_model` and `model_to_dot` over striate's own drawing."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from striate.diagrams import Drawing
from striate.diagrams import plot_model as _plot_model
from striate.errors import FormatError, message
from striate.keras import notes

_OURS = (".png", ".svg", ".pdf")
_PILLOWS = {".jpg": "JPEG", ".jpeg": "JPEG", ".bmp": "BMP", ".gif": "GIF", ".tiff": "TIFF"}


def plot_model(model: Any, to_file: Any = "model.png", *args: Any, **options: Any) -> Drawing:
    """Draws a model into a file and returns the drawing, which notebooks show.

    Needs neither Graphviz nor pydot. Endings beside `.png`, `.svg` and `.pdf` are converted; for
    Graphviz's text (`.dot`, `.gv`) there is no drawing to write, which is said.

    Args:
        model: a built model.
        to_file: the file; None for none.
        args, options: see `striate.plot_model`.
    """
    ending = "" if to_file is None else Path(os.fspath(to_file)).suffix.lower()
    ours = to_file if ending in _OURS else None
    drawing = _plot_model(model, ours, *args, **options)
    if ours is not None or to_file is None:
        return drawing
    if ending in _PILLOWS:
        from PIL import Image

        with Image.open(io.BytesIO(drawing.content("png"))) as image:
            image.convert("RGB").save(to_file, format=_PILLOWS[ending])
    else:
        notes.say(f"plot_model draws without Graphviz: {to_file} is not written; give a .png name")
    return drawing


def plot(model: Any, to_file: Any = "model.png", *args: Any, **options: Any) -> Drawing:
    """Keras 1's name of `plot_model`."""
    notes.old("plot", "plot_model")
    return plot_model(model, to_file, *args, **options)


class Dot:
    """A drawing with the methods of pydot's `Dot` that scripts call.

    Args:
        drawing: what it writes.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing

    def create(self, prog: Any = None, format: str = "png", **_: Any) -> bytes:
        """The bytes of a file: "png", "svg" or "pdf".

        Raises:
            FormatError: another format, Graphviz's text among them.
        """
        if f".{format}" not in _OURS:
            raise FormatError(
                message(
                    "model_to_dot",
                    "models are drawn without Graphviz, whose other formats are not made",
                    got={"format": format},
                    expected='"png", "svg" or "pdf"',
                )
            )
        return self.drawing.content(format)

    def create_png(self, **_: Any) -> bytes:
        """The bytes of a PNG file."""
        return self.create(format="png")

    def create_svg(self, **_: Any) -> bytes:
        """The bytes of an SVG file."""
        return self.create(format="svg")

    def create_pdf(self, **_: Any) -> bytes:
        """The bytes of a PDF file."""
        return self.create(format="pdf")

    def write(self, path: Any, prog: Any = None, format: str = "png", **_: Any) -> bool:
        """Writes a file of a format."""
        Path(path).write_bytes(self.create(format=format))
        return True

    def write_png(self, path: Any, **_: Any) -> bool:
        """Writes a PNG file."""
        return self.write(path, format="png")

    def write_svg(self, path: Any, **_: Any) -> bool:
        """Writes an SVG file."""
        return self.write(path, format="svg")

    def write_pdf(self, path: Any, **_: Any) -> bool:
        """Writes a PDF file."""
        return self.write(path, format="pdf")

    def to_string(self) -> str:
        """Refused: there is no text of Graphviz.

        Raises:
            FormatError: always.
        """
        return self.create(format="dot").decode()

    def set(self, *_: Any, **__: Any) -> None:
        """Accepted: attributes of Graphviz change nothing here."""

    def _repr_svg_(self) -> str:
        return self.drawing.to_svg()


def model_to_dot(model: Any, *args: Any, **options: Any) -> Dot:
    """A model's drawing with pydot's methods: `SVG(model_to_dot(model).create(format="svg"))`.

    Args:
        model: a built model.
        args, options: as for `plot_model`, without the file; `subgraph` changes nothing.
    """
    options.pop("subgraph", None)
    return Dot(_plot_model(model, None, *args, **options))
