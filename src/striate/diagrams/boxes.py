"""What stands in the box of a layer, and its colour."""

from __future__ import annotations

from dataclasses import dataclass

from striate.diagrams.drawing import Box, Element, Text
from striate.diagrams.lettering import text_width
from striate.graph import Node, Spec
from striate.graph.kinds import Nested

HEADING, LINE = 10.5, 9.0  # font sizes
HEADING_ROOM, LINE_ROOM, SIDE = 22.0, 15.0, 9.0  # heights of rows, room at the sides
LEAST_WIDTH = 76.0

# family of kinds (its file) -> the colour of the heading; dark letters are easy to read on each
COLOURS = {
    "convolution": "#a9cdf2",
    "dense": "#cdbcf0",
    "pooling": "#b5e0b8",
    "pooling_ranks": "#b5e0b8",
    "normalization": "#f4d7a5",
    "regularization": "#f4d7a5",
    "activation": "#f6e7a0",
    "merging": "#9fdcd8",
    "operation": "#9fdcd8",
    "preprocessing": "#d7dbe0",
    "structure": "#f3c4d3",
}
OTHERS, ENTRY, BORDER, PAPER = "#dfe3e8", "#eef0f3", "#5b6573", "#ffffff"


@dataclass(frozen=True)
class Details:
    """What is shown of each layer.

    Args:
        shapes: of inputs and outputs.
        dtype: number types of outputs.
        names: the layers' names beside their kinds.
        activations: the activation in a layer.
        trainable: whether it is trained.
    """

    shapes: bool = False
    dtype: bool = False
    names: bool = False
    activations: bool = False
    trainable: bool = False


def heading(node: Node, details: Details) -> str:
    """The first line: what the layer is, perhaps with its name."""
    kind = kind_text(node)
    return f"{node.name} ({kind})" if details.names else kind


def kind_text(node: Node) -> str:
    """What a layer is; of a nested model, how it was made."""
    if isinstance(node.kind, Nested):
        form = node.kind.inner.form
        return "Functional" if form == "Model" else form
    return node.kind_name


def rows(node: Node, inputs: tuple[Spec, ...], details: Details) -> list[str]:
    """The lines below the heading."""
    found = []
    activation = getattr(getattr(node.kind, "activation", None), "name", "")
    if details.activations and activation:
        found.append(f"activation: {activation}")
    if details.shapes:
        if inputs:
            found.append("input: " + _joined([str(s.shape) for s in inputs]))
        found.append("output: " + _joined([str(s.shape) for s in node.outputs]))
    if details.dtype:
        found.append("dtype: " + _joined([s.dtype for s in node.outputs]))
    if details.trainable and node.weights:
        found.append("trained" if node.trainable else "frozen")
    return found


def size(title: str, lines: list[str]) -> tuple[float, float]:
    """Width and height of a box for these lines."""
    widths = [text_width(title, HEADING, bold=True), *(text_width(t, LINE) for t in lines)]
    return max(LEAST_WIDTH, max(widths) + 2 * SIDE), HEADING_ROOM + LINE_ROOM * len(lines)


def box(node: Node, title: str, lines: list[str], x: float, y: float) -> list[Element]:
    """The box of a layer with its upper left corner at (x, y)."""
    width, height = size(title, lines)
    found: list[Element] = [
        Box(x, y, width, height, fill=PAPER, stroke="none", radius=3),
        Box(x, y, width, HEADING_ROOM, fill=colour(node), stroke="none", radius=3),
    ]
    if lines:
        found.append(Box(x, y + HEADING_ROOM / 2, width, HEADING_ROOM / 2, colour(node), "none"))
    found.append(Box(x, y, width, height, stroke=BORDER, radius=3, name=node.name))
    middle = x + width / 2
    found.append(Text(middle, y + 15, title, HEADING, bold=True, anchor="middle"))
    for i, line in enumerate(lines):
        baseline = y + HEADING_ROOM + LINE_ROOM * i + 11
        found.append(Text(middle, baseline, line, LINE, anchor="middle", colour="#333333"))
    return found


def colour(node: Node) -> str:
    """The colour of a layer's heading, by the family of its kind."""
    if node.kind_name == "InputLayer":
        return ENTRY
    return COLOURS.get(type(node.kind).__module__.rpartition(".")[2], OTHERS)


def _joined(texts: list[str]) -> str:
    """Several texts in one line, equal ones counted."""
    if len(set(texts)) == 1:
        return texts[0] if len(texts) == 1 else f"{len(texts)} x {texts[0]}"
    return ", ".join(texts)
