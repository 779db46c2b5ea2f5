"""plot_volumes: what flows through a network as boxes, as papers draw LeNet and VGG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from striate.diagrams.boxes import BORDER, colour, kind_text
from striate.diagrams.drawing import DPI, Drawing, Element, Shape, Text
from striate.diagrams.lettering import text_width
from striate.diagrams.model_plot import HasGraph
from striate.graph import Graph, Node, Spec
from striate.graph.inlining import inlined
from striate.graph.kinds import InputLayer

MARGIN, GAP, LINE = 14.0, 16.0, 12.0
LETTERS = 8.5
TALLEST, LEAST_SIDE = 150.0, 5.0  # points: the side of the largest map, of the smallest
THICKEST, THINNEST = 64.0, 3.0  # of the most channels, of one
BAR, TALLEST_BAR = 9.0, 120.0  # a row of numbers
SLANT = 0.38  # how far the depth of a box goes to the right and up, as a share of its side
# Families of layers that change the numbers in a volume and not its form.
KEEPING = frozenset({"normalization", "activation", "regularization", "preprocessing"})


@dataclass(frozen=True)
class Volume:
    """What a layer gives, as a box.

    Args:
        node: the layer.
        sides: rows and columns; only rows for a sequence, none for a row of numbers.
        channels: how many, or how many numbers.
    """

    node: Node
    sides: tuple[int, ...]
    channels: int

    @property
    def text(self) -> str:
        """Its size in words."""
        return " x ".join(str(n) if n else "?" for n in (*self.sides, self.channels))


def plot_volumes(
    model: HasGraph | Graph,
    to_file: str | os.PathLike[str] | None = None,
    *,
    dpi: float = DPI,
) -> Drawing:
    """Draws what flows through a network as boxes: rows, columns, and channels as thickness.

    Each box stands for the result of the layer that is written below it. Layers that keep its
    form (normalisation, activation, dropout) have none of their own. Sides and thicknesses grow
    with the square root of the numbers, so that small ones can be seen. Of a network with branches
    the longest way from the first input to the first output is drawn; nested models are opened.

    Args:
        model: a built model, or a graph.
        to_file: writes the picture there; the ending chooses PNG, SVG or PDF. None: no file.
        dpi: pixels per inch of a PNG.

    Raises:
        ArgumentError: another ending, or more pixels than a PNG may have.
        NotBuiltError: the model's input shape is not known yet.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([layers.Conv2D(4, 3, input_shape=(8, 8, 1)), layers.Flatten()])
        >>> st.plot_volumes(model).title
        'sequential: 8 x 8 x 1, 6 x 6 x 4, 144'
    """
    graph: Graph = model if isinstance(model, Graph) else model.graph
    volumes = volumes_of(graph)
    scale = _Scale(volumes)
    left, elements = MARGIN, []
    base = MARGIN + scale.tallest + scale.deepest
    for volume in volumes:
        words = [volume.text, _work(volume.node)]
        box, wide = scale.shapes(volume, left, base)
        room = max(wide, *(text_width(word, LETTERS) for word in words))
        elements += [shape.moved((room - wide) / 2, 0) for shape in box]
        for i, word in enumerate(words):
            baseline = base + LINE * (i + 1) + 2
            middle = left + room / 2
            grey = "#1b1b1b" if i == 0 else "#555555"
            elements.append(Text(middle, baseline, word, LETTERS, colour=grey, anchor="middle"))
        left += room + GAP
    size = (left - GAP + MARGIN, base + 2 * LINE + MARGIN)
    title = f"{graph.name}: {', '.join(v.text for v in volumes)}"
    drawing = Drawing(*size, tuple(elements), title, dpi)
    if to_file is not None:
        drawing.save(to_file)
    return drawing


def volumes_of(graph: Graph) -> list[Volume]:
    """The boxes to draw: along the longest way, those that differ from the one before in form."""
    found: list[Volume] = []
    for node in _longest_way(inlined(graph).graph):
        family = type(node.kind).__module__.rpartition(".")[2]
        if found and family in KEEPING and _volume(node).text == found[-1].text:
            continue
        found.append(_volume(node))
    return found


def _volume(node: Node) -> Volume:
    spec: Spec = node.output
    sizes = tuple(n or 0 for n in spec.shape[1:])
    return Volume(node, sizes[:-1], sizes[-1] if sizes else 1)


def _longest_way(graph: Graph) -> list[Node]:
    """The nodes of the longest way to the first output."""
    length: dict[str, int] = {}
    before: dict[str, str] = {}
    for node in graph:
        sources = [p.node for p in node.inputs]
        longest = max(sources, key=lambda n: length[n], default=None)
        length[node.name] = 1 + (length[longest] if longest is not None else 0)
        if longest is not None:
            before[node.name] = longest
    way = [graph.outputs[0].node]
    while way[-1] in before:
        way.append(before[way[-1]])
    return [graph[name] for name in reversed(way)]


def _work(node: Node) -> str:
    """What a layer does, in one or two words."""
    if isinstance(node.kind, InputLayer):
        return "input"
    kernel = getattr(node.kind, "kernel_size", None) or getattr(node.kind, "pool_size", None)
    text = kind_text(node)
    if isinstance(kernel, tuple):
        text += " " + "x".join(str(n) for n in kernel)
    strides: object = getattr(node.kind, "strides", None)
    if isinstance(strides, tuple) and max(strides) > 1 and not hasattr(node.kind, "pool_size"):
        text += f" / {max(strides)}"
    return text


class _Scale:
    """How large numbers are drawn, for all boxes of a drawing."""

    def __init__(self, volumes: Sequence[Volume]) -> None:
        maps = [v for v in volumes if v.sides]
        self.side = max((max(v.sides) for v in maps), default=1) or 1
        self.most = max((v.channels for v in maps), default=1) or 1
        self.longest = max((v.channels for v in volumes if not v.sides), default=1) or 1
        self.tallest = max(self._height(v) for v in volumes)
        self.deepest = max(self._depth(v) for v in volumes)

    def shapes(self, volume: Volume, x: float, base: float) -> tuple[list[Element], float]:
        """The faces of a box that stands on `base` with its left edge at `x`, and its width."""
        thick, height, depth = self._thickness(volume), self._height(volume), self._depth(volume)
        top, right = base - height, x + thick
        fill = colour(volume.node)
        name = (volume.node.name, "")
        front = ((x, base), (x, top), (right, top), (right, base))
        found: list[Element] = [_face(front, fill, name)]
        if depth:
            roof = ((x, top), (x + depth, top - depth), (right + depth, top - depth), (right, top))
            side = (
                *((right, base), (right, top)),
                *((right + depth, top - depth), (right + depth, base - depth)),
            )
            found += [_face(roof, _shade(fill, 1.06), name), _face(side, _shade(fill, 0.86), name)]
        return found, thick + depth

    def _height(self, volume: Volume) -> float:
        if not volume.sides:
            return max(2 * LEAST_SIDE, TALLEST_BAR * sqrt(max(volume.channels, 1) / self.longest))
        return self._length(volume.sides[-2] if len(volume.sides) > 1 else volume.sides[0])

    def _depth(self, volume: Volume) -> float:
        return SLANT * self._length(volume.sides[-1]) if len(volume.sides) > 1 else 0.0

    def _length(self, side: int) -> float:
        return max(LEAST_SIDE, TALLEST * sqrt((side or self.side) / self.side))

    def _thickness(self, volume: Volume) -> float:
        if not volume.sides:
            return BAR
        return max(THINNEST, THICKEST * sqrt(max(volume.channels, 1) / self.most))


def _face(corners: Sequence[tuple[float, float]], fill: str, name: tuple[str, str]) -> Shape:
    pieces = tuple((corner,) for corner in corners)
    return Shape(pieces, fill=fill, stroke=BORDER, closed=True, width=0.8, name=name)


def _shade(hexadecimal: str, factor: float) -> str:
    """A lighter or darker colour."""
    parts = [int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{min(255, round(factor * part)):02x}" for part in parts)
