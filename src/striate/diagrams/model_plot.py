"""plot_model: a model's layers and what flows between them, as a picture."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from striate import errors
from striate.diagrams import boxes
from striate.diagrams.boxes import Details
from striate.diagrams.drawing import DPI, Box, Drawing, Element, Point, Shape, Text, moved
from striate.diagrams.layout import arrange
from striate.diagrams.lettering import text_width
from striate.graph import Graph, Node
from striate.graph.kinds import InputLayer, Nested

DIRECTIONS = ("TB", "LR", "BT", "RL")
MARGIN, FRAME, TITLE_ROOM = 12.0, 10.0, 22.0
FRAME_COLOUR, EDGE_COLOUR = "#f6f8fb", "#5b6573"


class HasGraph(Protocol):
    """What a model is to a drawing."""

    @property
    def graph(self) -> Graph:
        """Its graph."""


def plot_model(
    model: HasGraph | Graph,
    to_file: str | os.PathLike[str] | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = DPI,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> Drawing:
    """Draws the layers of a model as boxes, and what flows between them as arrows.

    As Keras's `plot_model`, but it needs no Graphviz and no pydot: the picture is our own. The
    drawing is returned too, and notebooks show it. Each call of a shared layer has its own box.

    Args:
        model: a built model, or a graph.
        to_file: writes the picture there; the ending chooses PNG, SVG or PDF. None: no file.
        show_shapes: the shapes of inputs and outputs, batch first.
        show_dtype: the number types of outputs.
        show_layer_names: the layers' names, as the summary has them.
        rankdir: where data flow: "TB" down, "LR" to the right, "BT" up, "RL" to the left.
        expand_nested: shows the layers of models inside the model, in frames.
        dpi: pixels per inch of a PNG; a point of the drawing is 1/72 inch.
        show_layer_activations: the activations that layers contain.
        show_trainable: whether a layer with weights is trained or frozen.
        layer_range: the first and the last layer to draw, by name.

    Raises:
        ArgumentError: an unknown `rankdir`, another ending, or more pixels than a PNG may have.
        UnknownNameError: a name in `layer_range` is not a layer.
        NotBuiltError: the model's input shape is not known yet.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.Flatten()])
        >>> drawing = st.plot_model(model, "model.svg", show_shapes=True)
        >>> drawing.title
        'sequential: Conv2D (None, 6, 6, 4), Flatten (None, 144)'
    """
    graph: Graph = model if isinstance(model, Graph) else model.graph
    if rankdir not in DIRECTIONS:
        raise errors.ArgumentError(
            errors.message(
                "plot_model",
                "unknown direction",
                got={"rankdir": rankdir},
                expected='"TB", "LR", "BT" or "RL"',
            )
        )
    details = Details(
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable
    )
    part = _Plot(details, rankdir, expand_nested).part(graph, _shown(graph, layer_range))
    elements = moved(part.elements, MARGIN, MARGIN)
    size = (part.width + 2 * MARGIN, part.height + 2 * MARGIN)
    drawing = Drawing(*size, tuple(elements), _in_words(graph), dpi)
    if to_file is not None:
        drawing.save(to_file)
    return drawing


@dataclass(frozen=True)
class _Part:
    """A graph, drawn with its upper left corner at (0, 0)."""

    width: float
    height: float
    elements: list[Element]


@dataclass(frozen=True)
class _Plot:
    details: Details
    rankdir: str
    expand: bool

    def part(self, graph: Graph, nodes: Sequence[Node]) -> _Part:
        """The boxes and arrows of some nodes of a graph."""
        parts = {node.name: self._node(graph, node) for node in nodes}
        edges = list(
            dict.fromkeys(
                (port.node, node.name)
                for node in nodes
                for port in node.inputs
                if port.node in parts
            )
        )
        sizes = {name: (part.width, part.height) for name, part in parts.items()}
        across = self.rankdir in ("LR", "RL")
        found = arrange(sizes, edges, across=across)
        size = (found.width, found.height)
        elements: list[Element] = []
        for edge, route in zip(edges, found.routes, strict=True):
            turned = [self._turned(point, (0, 0), size) for point in route]
            elements.append(
                Shape(_pieces(turned, across), stroke=EDGE_COLOUR, arrow=True, name=edge)
            )
        for name, part in parts.items():
            corner = self._turned(found.corners[name], sizes[name], size)
            elements += moved(part.elements, *corner)
        return _Part(*size, elements)

    def _turned(self, corner: Point, own: tuple[float, float], whole: tuple[float, float]) -> Point:
        """A corner, mirrored where data flow up or to the left."""
        x, y = corner
        if self.rankdir == "BT":
            return x, whole[1] - y - own[1]
        if self.rankdir == "RL":
            return whole[0] - x - own[0], y
        return x, y

    def _node(self, graph: Graph, node: Node) -> _Part:
        title = boxes.heading(node, self.details)
        inputs = tuple(graph.spec(port) for port in node.inputs)
        if self.expand and isinstance(node.kind, Nested):
            return self._frame(node, title)
        lines = boxes.rows(node, inputs, self.details)
        return _Part(*boxes.size(title, lines), boxes.box(node, title, lines, 0, 0))

    def _frame(self, node: Node, title: str) -> _Part:
        """A nested model: its layers in a frame."""
        inner = self.part(node.kind.inner, _shown(node.kind.inner, None))  # type: ignore[attr-defined]
        wide = max(inner.width, text_width(title, boxes.HEADING, bold=True)) + 2 * FRAME
        tall = inner.height + 2 * FRAME + TITLE_ROOM
        frame = Box(0, 0, wide, tall, FRAME_COLOUR, boxes.BORDER, 5, dashed=True, name=node.name)
        heading = Text(FRAME, 16, title, boxes.HEADING, bold=True)
        inside = moved(inner.elements, (wide - inner.width) / 2, TITLE_ROOM + FRAME)
        return _Part(wide, tall, [frame, heading, *inside])


def _pieces(route: Sequence[Point], across: bool) -> tuple[tuple[Point, ...], ...]:
    """A route as lines and curves; what is straight all along is one line."""
    pieces: list[tuple[Point, ...]] = [(route[0],)]
    for i in range(0, len(route) - 1, 2):
        start, through = route[i], route[i + 1]
        if through != start:
            pieces.append((through,))
        if i + 2 < len(route):
            end = route[i + 2]
            pieces.append((*_controls(through, end, across), end))
    return tuple(pieces)


def _controls(start: Point, end: Point, across: bool) -> tuple[Point, Point]:
    """The inner points of a curve that leaves and arrives along the flow of the data."""
    if across:
        half = (end[0] - start[0]) / 2
        return (start[0] + half, start[1]), (end[0] - half, end[1])
    half = (end[1] - start[1]) / 2
    return (start[0], start[1] + half), (end[0], end[1] - half)


def _shown(graph: Graph, layer_range: Sequence[str] | None) -> list[Node]:
    """The nodes to draw: as in the summary, a `Sequential` does not show where data enter."""
    nodes = list(graph)
    if graph.form == "Sequential" and len(nodes) > 1:
        nodes = [node for node in nodes if not isinstance(node.kind, InputLayer)]
    if layer_range is None:
        return nodes
    names = [node.name for node in nodes]
    for name in layer_range:
        if name not in names:
            raise errors.unknown_name("plot_model", "layer", name, names)
    places = [names.index(name) for name in layer_range]
    return nodes[min(places) : max(places) + 1]


def _in_words(graph: Graph) -> str:
    """The drawing for those who cannot see it."""
    nodes = [f"{boxes.kind_text(n)} {n.output}" for n in _shown(graph, None)]
    shown = nodes if len(nodes) <= 12 else [*nodes[:5], f"{len(nodes) - 10} more", *nodes[-5:]]
    return f"{graph.name}: {', '.join(shown)}"
