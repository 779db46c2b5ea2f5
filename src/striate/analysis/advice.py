"""advice: what a good engineer would point out in a network, with reason and remedy."""

from __future__ import annotations

import html
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from striate.analysis.fields import ReceptiveFields, receptive_field
from striate.graph import Graph, Node, Port, Spec, window
from striate.graph.kinds import Dense, Flatten, InputLayer, Nested
from striate.graph.kinds.convolution import Conv, Convolving, ConvTranspose
from striate.graph.kinds.pooling import Pooling
from striate.graph.spec import product

MOST_OF = 0.5  # share of all parameters
LANES = 8  # channels that a vector unit takes at once, at the least
LARGE_FIELD = 4.0  # times the image


@dataclass(frozen=True)
class Finding:
    """One thing to look at.

    Args:
        topic: a word or two, the same for all findings of one sort.
        layer: which layer.
        reason: what is so, with its numbers.
        remedy: what to do, as code where possible.
        warning: True for what is most likely a mistake, False for what may be meant so.
    """

    topic: str
    layer: str
    reason: str
    remedy: str
    warning: bool = True


@dataclass(frozen=True)
class Advice:
    """What `advice` returns: findings, those that are most likely mistakes first.

    Args:
        name: the model's name.
        findings: what was found; empty if there is nothing to say.
    """

    name: str
    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def records(self) -> list[dict[str, Any]]:
        """One dict per finding."""
        return [asdict(finding) for finding in self.findings]

    def __str__(self) -> str:
        if not self.findings:
            return f"{self.name}: nothing to point out"
        lines = [f"{self.name}: {_count(len(self.findings), 'finding')}"]
        for finding in self.findings:
            mark = "!" if finding.warning else "-"
            head = f"{mark} {finding.layer}: {finding.reason}. "
            lines += textwrap.wrap(head + finding.remedy, 96, subsequent_indent="    ")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><b>{html.escape(f.layer)}</b>: {html.escape(f.reason)}."
            f" <i>{html.escape(f.remedy)}</i></li>"
            for f in self.findings
        )
        title = html.escape(f"{self.name}: {_count(len(self.findings), 'finding')}")
        return f"<p>{title}</p><ul>{items}</ul>"


def advice(
    graph: Graph,
    object_px: int | None = None,
    losses: Mapping[str, tuple[str, bool]] | None = None,
) -> Advice:
    """What may be wrong or wasteful in a network, from its graph alone.

    Args:
        graph: what to look at.
        object_px: height or width of what is to be seen, in pixels of the input; the last maps
            are then compared with it.
        losses: by output layer, the name of its loss and whether it expects logits; of a compiled
            model.

    Example:
        >>> import striate as st
        >>> from striate import layers
        >>> convs = [layers.Conv2D(8, 3, strides=2, input_shape=(28, 28, 1)), layers.Flatten()]
        >>> (first, *_) = advice(st.Sequential([*convs, layers.Dense(64)]).graph)
        >>> first.layer, first.topic
        ('conv2d', 'dropped by stride')
    """
    fields = receptive_field(graph) if graph.inputs else None
    found: list[Finding] = []
    for node in graph:
        if isinstance(node.kind, InputLayer):
            continue
        inputs = tuple(graph.spec(p) for p in node.inputs)
        found += _window_findings(node, inputs, _zeros_after(node, graph))
        found += _parameter_findings(node, graph)
        found += _normalization_findings(node, graph)
        found += _lane_findings(node, graph)
    found += _dead_ends(graph)
    found += _field_findings(graph, fields, object_px)
    found += _loss_findings(graph, losses or {})
    return Advice(graph.name, tuple(sorted(found, key=lambda finding: not finding.warning)))


def _zeros_after(node: Node, graph: Graph) -> tuple[int, ...]:
    """Zeros that a padding layer before has added after each axis: they may be dropped."""
    before: Any = graph[node.inputs[0].node].kind
    pairs = before.padding if type(before).__name__.startswith("ZeroPadding") else ()
    return tuple(after for _, after in pairs)


def _window_findings(
    node: Node, inputs: tuple[Spec, ...], zeros: tuple[int, ...]
) -> Iterable[Finding]:
    kind: Any = node.kind
    windowed = isinstance(kind, (Convolving, Pooling)) and not isinstance(kind, ConvTranspose)
    if not windowed or not inputs or len(inputs) > 1 or None in inputs[0].spatial:
        return
    sizes = tuple(n or 0 for n in inputs[0].spatial)
    kernel = kind.kernel_size if isinstance(kind, Convolving) else kind.pool_size
    strides = kind.strides if isinstance(kind, Convolving) else kind.steps
    rates = getattr(kind, "dilation_rate", (1,) * len(kernel))
    extents = tuple(window.extent(k, d) for k, d in zip(kernel, rates, strict=True))
    axes = list(zip(sizes, kernel, strides, rates, strict=True))
    lost = tuple(window.dropped(n, k, s, d, kind.padding) for n, k, s, d in axes)
    gaps = [s > e for s, e in zip(strides, extents, strict=True)]
    if any(m > n for m, n in zip(lost, zeros or (0,) * len(lost), strict=True)) and not any(gaps):
        yield Finding(
            "dropped by stride",
            node.name,
            f"its stride of {_by(strides)} leaves the last {_by(lost)} of {_by(sizes)} rows and"
            " columns unread",
            'padding="same" reads them, or an input whose size fits',
        )
    if any(gaps):
        yield Finding(
            "gaps between windows",
            node.name,
            f"its stride of {_by(strides)} is larger than its window of {_by(extents)}: values"
            " in between are never read",
            "Use a smaller stride, or pooling before it",
            warning=max(kernel) > 1,
        )
    yield from _map_findings(node.name, sizes, kernel, extents)


def _map_findings(
    name: str, sizes: tuple[int, ...], kernel: tuple[int, ...], extents: tuple[int, ...]
) -> Iterable[Finding]:
    if any(e > n for e, n in zip(extents, sizes, strict=True)):
        yield Finding(
            "kernel larger than its map",
            name,
            f"its window of {_by(extents)} is larger than its map of {_by(sizes)}: most of it"
            " only ever sees padding",
            "Use a smaller kernel here, or fewer strides and poolings before it",
        )
    elif max(sizes) == 1 and max(kernel) > 1:
        yield Finding(
            "map shrunk to nothing",
            name,
            "its map is down to 1 x 1, where a window has no neighbours to look at",
            "Use fewer strides and poolings before it, or a larger image",
        )


def _parameter_findings(node: Node, graph: Graph) -> Iterable[Finding]:
    if not isinstance(node.kind, Dense) or not node.inputs:
        return
    before = graph[node.inputs[0].node]
    share = node.num_parameters / max(1, graph.num_parameters)
    if isinstance(before.kind, Flatten) and share > MOST_OF:
        shape = graph.spec(before.inputs[0]).shape[1:]
        if product(shape[:-1]) == 1:
            return
        yield Finding(
            "most parameters in one layer",
            node.name,
            f"{node.num_parameters:,} of {graph.num_parameters:,} parameters ({share:.0%}) are in"
            f" this layer, because all {_by(shape)} values come in",
            f"GlobalAveragePooling2D() instead of {before.name} lets {shape[-1]} values in",
        )


def _normalization_findings(node: Node, graph: Graph) -> Iterable[Finding]:
    if type(node.kind).__name__ != "BatchNormalization" or not node.inputs:
        return
    before = graph[node.inputs[0].node]
    kind: Any = before.kind
    linear = getattr(kind, "activation", None)
    plain = linear is not None and linear.name == "linear" and getattr(kind, "use_bias", False)
    users = sum(port == node.inputs[0] for each in graph for port in each.inputs)
    if plain and users == 1:
        bias = next((w.size for w in before.weights if w.name == "bias"), 0)
        yield Finding(
            "bias before batch normalization",
            before.name,
            f"its bias is taken away again by {node.name}, which subtracts the mean:"
            f" {bias} parameters do nothing",
            f"{before.kind_name}(..., use_bias=False)",
        )


def _lane_findings(node: Node, graph: Graph) -> Iterable[Finding]:
    count = getattr(node.kind, "filters", None)
    last = any(port.node == node.name for port in graph.outputs)
    if not isinstance(node.kind, Conv) or last or count is None or count % LANES == 0:
        return
    fits = -(-count // LANES) * LANES
    if count > LANES:
        yield Finding(
            "channels that waste vector lanes",
            node.name,
            f"{count} filters do not fill vectors of {LANES}: it takes about as long as {fits}",
            f"{node.kind_name}({fits}, ...) costs no more time",
            warning=False,
        )


def _dead_ends(graph: Graph) -> Iterable[Finding]:
    read = {port.node for node in graph for port in node.inputs}
    read |= {port.node for port in graph.outputs}
    for node in graph:
        if node.name not in read:
            yield Finding(
                "dead end",
                node.name,
                "no output depends on it",
                "Use its result, or leave it out",
            )


def _field_findings(
    graph: Graph, fields: ReceptiveFields | None, object_px: int | None
) -> Iterable[Finding]:
    row = _last_map(graph, fields)
    if fields is None or row is None:
        return
    name, size = row
    image = min(n or 0 for n in fields.input_shape[1:-1])
    if object_px is not None and size < object_px:
        yield Finding(
            "receptive field smaller than the object",
            name,
            f"its units see {size} px, the object is {object_px} px: none of them sees it whole",
            "More layers, larger strides or dilation enlarge the field",
        )
    if image and size > LARGE_FIELD * image:
        yield Finding(
            "receptive field larger than the image",
            name,
            f"its units see {size} px of an image of {image} px: mostly padding",
            "Fewer strides or layers may do as well, or a larger image",
            warning=False,
        )


def _last_map(graph: Graph, fields: ReceptiveFields | None) -> tuple[str, int] | None:
    """The last layer whose units see a part of the image, and how much."""
    if fields is None:
        return None
    known = [row for row in fields.layers if row.size and None not in row.size]
    spatial = [row for row in known if row.kind != "InputLayer"]
    return (spatial[-1].name, min(n or 0 for n in spatial[-1].size)) if spatial else None


def _loss_findings(graph: Graph, losses: Mapping[str, tuple[str, bool]]) -> Iterable[Finding]:
    for port in graph.outputs:
        loss, logits = losses.get(graph[port.node].layer, ("", None))
        if logits is None or not loss:
            continue
        ending = _ending(graph, port)
        if logits and ending in ("softmax", "sigmoid"):
            yield Finding(
                "activation and from_logits mismatched",
                port.node,
                f"it ends with {ending}, but {loss} expects logits (from_logits=True) and applies"
                " it a second time",
                f"activation=None here, or {loss}(from_logits=False)",
            )
        elif not logits and ending == "linear":
            yield Finding(
                "activation and from_logits mismatched",
                port.node,
                f"it ends without an activation, but {loss} expects probabilities",
                f'activation="softmax" or "sigmoid" here, or {loss}(from_logits=True)',
            )


def _ending(graph: Graph, port: Port) -> str:
    """The activation of an output: its name, "linear" for none, "" where nobody knows."""
    node = graph[port.node]
    kind: Any = node.kind
    if isinstance(kind, Nested):
        return _ending(kind.inner, kind.inner.outputs[port.index])
    if type(kind).__name__ == "Softmax":
        return "softmax"
    named = getattr(kind, "activation", None)
    known = named is not None and (
        isinstance(kind, (Convolving, Dense)) or type(kind).__name__ == "Activation"
    )
    return str(named.name) if known and named is not None else ""


def _by(sizes: Iterable[int | None]) -> str:
    return " x ".join(str(n) for n in sizes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
