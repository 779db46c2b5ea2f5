"""explain_shape: how a layer's output shape comes about, with its numbers."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from typing import Any

from striate.graph import Graph, Node, Spec, window
from striate.graph.kinds import Cropping, Dense, Flatten, GlobalPooling, Padding, UpSampling
from striate.graph.kinds.convolution import Convolving, ConvTranspose
from striate.graph.kinds.pooling import AdaptivePooling, BlurPooling, MaxUnpooling2D, Pooling

AXES = {
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}


@dataclass(frozen=True)
class AxisShape:
    """One axis of an output.

    Args:
        axis: "height", "width", ..., "channels" or "features".
        given: its size in the input; None if it is open or there is none.
        made: its size in the output.
        formula: how one follows from the other, in symbols and with numbers.
        before: values of padding before it.
        after: values of padding after it.
        dropped: inputs at its end that nothing reads, because the stride goes beyond them.
    """

    axis: str
    given: int | None
    made: int | None
    formula: str
    before: int = 0
    after: int = 0
    dropped: int = 0

    def __str__(self) -> str:
        text = f"{self.axis}: {self.formula}"
        if self.before or self.after:
            text += f"; padding adds {self.before} before and {self.after} after"
        if self.dropped:
            what = {"height": "row", "width": "column"}.get(self.axis, "value")
            text += f"; the stride drops the last {_many(self.dropped, what)}"
        return text


@dataclass(frozen=True)
class ShapeExplanation:
    """What `explain_shape` returns.

    Args:
        layer: its name.
        kind: its class.
        input_shapes: batch first.
        output_shape: batch first.
        axes: axis by axis.
    """

    layer: str
    kind: str
    input_shapes: tuple[tuple[int | None, ...], ...]
    output_shape: tuple[int | None, ...]
    axes: tuple[AxisShape, ...]

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per axis."""
        return [asdict(axis) for axis in self.axes]

    def _title(self) -> str:
        given = ", ".join(str(shape) for shape in self.input_shapes)
        return f"{self.layer} ({self.kind}): {given} -> {self.output_shape}"

    def __str__(self) -> str:
        return "\n".join([self._title(), *(f"  {axis}" for axis in self.axes)])

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{html.escape(str(axis))}</li>" for axis in self.axes)
        return f"<p>{html.escape(self._title())}</p><ul>{items}</ul>"


def explain_shape(graph: Graph, layer: str) -> ShapeExplanation:
    """How the output shape of a layer comes about: the formula of each axis with its numbers.

    Args:
        graph: where the layer is.
        layer: its name.

    Raises:
        UnknownNameError: no such layer; the nearest are listed.

    Example:
        >>> import striate as st
        >>> conv = st.layers.Conv2D(8, 3, strides=2, input_shape=(28, 28, 1), name="conv")
        >>> found = explain_shape(st.Sequential([conv]).graph, "conv")
        >>> found.axes[0].formula
        'floor((n - k) / s) + 1 = floor((28 - 3) / 2) + 1 = 13'
        >>> found.axes[0].dropped
        1
    """
    node = graph[layer]
    inputs = tuple(graph.spec(port) for port in node.inputs)
    return ShapeExplanation(
        layer=node.name,
        kind=node.kind_name,
        input_shapes=tuple(spec.shape for spec in inputs),
        output_shape=node.output.shape,
        axes=tuple(_axes(node, inputs)),
    )


def _axes(node: Node, inputs: tuple[Spec, ...]) -> list[AxisShape]:
    kind: Any = node.kind
    made = node.output
    if not inputs:
        return [_plain("shape", None, None, "as given to Input")]
    given = inputs[0]
    if isinstance(kind, Flatten):
        sizes = " * ".join(_size(n) for n in given.shape[1:])
        return [_plain("features", None, made.channels, f"{sizes} = {_size(made.channels)}")]
    spatial = _places(kind, given, made)
    return [*spatial, _channels(kind, inputs, made)]


def _places(kind: Any, given: Spec, made: Spec) -> list[AxisShape]:
    if given.rank != made.rank or given.rank < 3:
        return []
    names = AXES.get(given.rank - 2, tuple(f"axis {i}" for i in range(1, given.rank - 1)))
    sizes = zip(names, given.spatial, made.spatial, strict=True)
    return [_axis(kind, i, *each) for i, each in enumerate(sizes)]


def _axis(kind: Any, i: int, name: str, n: int | None, m: int | None) -> AxisShape:
    if isinstance(kind, ConvTranspose):
        return _transposed(kind, i, name, n, m)
    if isinstance(kind, Convolving):
        rate = getattr(kind, "dilation_rate", (1,) * kind.rank)[i]
        return _window(name, n, m, kind.kernel_size[i], kind.strides[i], rate, kind.padding)
    if isinstance(kind, Pooling) and not isinstance(kind, MaxUnpooling2D):
        return _window(name, n, m, kind.pool_size[i], kind.steps[i], 1, kind.padding)
    if isinstance(kind, BlurPooling):
        text = f"ceil(n / s) = ceil({_size(n)} / {kind.strides[i]}) = {_size(m)}, borders mirrored"
        return _plain(name, n, m, text)
    if isinstance(kind, Padding):
        before, after = kind.padding[i]
        text = f"{_size(n)} + {before} + {after} = {_size(m)}"
        return AxisShape(name, n, m, text, before, after)
    if isinstance(kind, Cropping):
        before, after = kind.cropping[i]
        return _plain(name, n, m, f"{_size(n)} - {before} - {after} = {_size(m)}")
    if isinstance(kind, UpSampling):
        return _plain(name, n, m, f"{_size(n)} * {kind.size[i]} = {_size(m)}")
    if isinstance(kind, AdaptivePooling):
        return _plain(name, n, m, f"{m} bins, whatever the input")
    if isinstance(kind, GlobalPooling):
        return _plain(name, n, m, "one value for the whole map")
    return _plain(
        name, n, m, f"{_size(m)}, as in the input" if n == m else f"{_size(n)} -> {_size(m)}"
    )


def _window(
    name: str, n: int | None, m: int | None, k: int, s: int, d: int, padding: str
) -> AxisShape:
    if n is None:
        return _plain(name, n, m, "open, as in the input")
    before, after = window.padding_amounts(padding, n, k, s, d)
    extent = window.extent(k, d)
    dropped = window.dropped(n, k, s, d, padding)
    if padding == "same":
        text = f"ceil(n / s) = ceil({n} / {s}) = {m}"
        return AxisShape(name, n, m, text, before, after, dropped)
    zeros = f" + {before + after}" if before + after else ""
    symbols = (
        "floor((n" + (" + zeros" if zeros else "") + (" - e" if d > 1 else " - k") + ") / s) + 1"
    )
    wide = f", e = (k - 1) d + 1 = ({k} - 1) * {d} + 1 = {extent}" if d > 1 else ""
    text = f"{symbols} = floor(({n}{zeros} - {extent}) / {s}) + 1 = {m}{wide}"
    return AxisShape(name, n, m, text, before, after, dropped)


def _transposed(kind: Any, i: int, name: str, n: int | None, m: int | None) -> AxisShape:
    if n is None:
        return _plain(name, n, m, "open, as in the input")
    k, s, d = kind.kernel_size[i], kind.strides[i], kind.dilation_rate[i]
    extra = kind.output_padding[i] if kind.output_padding is not None else None
    before, after = window.transposed_cropping(k, s, d, kind.padding, extra)
    extent, cut = window.extent(k, d), before + after
    sign = f"- {cut}" if cut >= 0 else f"+ {-cut}"
    text = f"(n - 1) s + {'e' if d > 1 else 'k'} - cut = ({n} - 1) * {s} + {extent} {sign} = {m}"
    cuts = f"; {before} cut before and {after} after" if cut > 0 else ""
    return _plain(name, n, m, text + cuts)


def _channels(kind: Any, inputs: tuple[Spec, ...], made: Spec) -> AxisShape:
    given, count = inputs[0].channels, made.channels
    name = "channels" if made.rank > 2 else "features"
    for field in ("filters", "units"):
        if hasattr(kind, field):
            return _plain(name, given, count, f"{field} = {count}")
    if hasattr(kind, "depth_multiplier"):
        each = kind.depth_multiplier
        return _plain(name, given, count, f"{_size(given)} * {each} = {_size(count)}")
    if type(kind).__name__ == "Concatenate" and kind.axis in (-1, made.rank - 1):
        parts = " + ".join(_size(spec.channels) for spec in inputs)
        return _plain(name, given, count, f"{parts} = {_size(count)}")
    if isinstance(kind, Dense) or given != count:
        return _plain(name, given, count, f"{_size(given)} -> {_size(count)}")
    return _plain(name, given, count, f"{_size(count)}, as in the input")


def _plain(name: str, n: int | None, m: int | None, text: str) -> AxisShape:
    return AxisShape(name, n, m, text)


def _size(n: int | None) -> str:
    return "?" if n is None else str(n)


def _many(count: int, what: str) -> str:
    return what if count == 1 else f"{count} {what}s"
