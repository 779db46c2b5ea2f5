"""summary: a table of a graph's layers, output shapes and parameters."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from striate import errors
from striate.graph import Graph, Node
from striate.graph.kinds import InputLayer, Nested

BYTES_PER_PARAMETER = 4


@dataclass(frozen=True)
class Row:
    """One layer in a summary.

    Args:
        name: its name.
        kind: its class.
        output_shape: shape of its first output, batch first.
        num_parameters: values in its weights.
        connected_to: names of the nodes that feed it.
        trainable: False if it is frozen.
        depth: how many models it is nested in.
    """

    name: str
    kind: str
    output_shape: tuple[int | None, ...]
    num_parameters: int
    connected_to: tuple[str, ...]
    trainable: bool
    depth: int = 0


@dataclass(frozen=True)
class Summary:
    """What `summary` returns: rows and totals, printable in a terminal, a notebook, as records.

    Args:
        name: the model's name.
        rows: one per layer.
        num_parameters: values in all weights.
        num_trainable: values that training changes.
        branched: True if a layer is not fed by the one above it, which adds a column.
        show_trainable: adds a column that says which layers are trained.
    """

    name: str
    rows: tuple[Row, ...]
    num_parameters: int
    num_trainable: int
    branched: bool = False
    show_trainable: bool = False

    @property
    def num_frozen(self) -> int:
        """Values that training leaves alone or moves as statistics."""
        return self.num_parameters - self.num_trainable

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        record = asdict(self)
        record["num_frozen"] = self.num_frozen
        return record

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def header(self) -> list[str]:
        """Column titles."""
        titles = ["Layer (type)", "Output Shape", "Param #"]
        if self.branched:
            titles.append("Connected to")
        if self.show_trainable:
            titles.append("Trainable")
        return titles

    def cells(self) -> Iterator[list[str]]:
        """The text of each row."""
        for row in self.rows:
            mark = "  " * row.depth + ("└ " if row.depth else "")
            cells = [
                f"{mark}{row.name} ({row.kind})",
                str(row.output_shape),
                _number(row.num_parameters),
            ]
            if self.branched:
                cells.append(", ".join(row.connected_to) or "-")
            if self.show_trainable:
                cells.append("Y" if row.trainable else "N")
            yield cells

    def totals(self) -> list[str]:
        """The lines below the table."""
        parts = (
            ("Total params", self.num_parameters),
            ("Trainable params", self.num_trainable),
            ("Non-trainable params", self.num_frozen),
        )
        return [
            f" {what}: {_number(n)} ({size_text(n * BYTES_PER_PARAMETER)})" for what, n in parts
        ]

    def to_text(self, line_length: int | None = None) -> str:
        """A plain table; `line_length` caps its width by wrapping cells."""
        from rich.console import Console

        console = Console(width=line_length or self._width(), color_system=None, record=True)
        with console.capture() as captured:
            console.print(self._table(plain=True))
        table = captured.get().rstrip("\n")
        return "\n".join([f'Model: "{self.name}"', table, *self.totals()])

    def show(
        self, line_length: int | None = None, print_fn: Callable[[str], Any] | None = None
    ) -> None:
        """Prints it: through `print_fn` as plain text, as HTML in a notebook, else with rich."""
        if print_fn is not None:
            print_fn(self.to_text(line_length))
            return
        from rich.console import Console

        console = Console()
        if not console.is_terminal and not console.is_jupyter:
            console.file.write(self.to_text(line_length) + "\n")
            return
        console.print(f'[bold]Model: "{self.name}"[/bold]')
        console.print(self._table(), width=line_length)
        for line in self.totals():
            console.print(line, highlight=True)

    def _width(self) -> int:
        rows = [self.header(), *self.cells()]
        widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
        return sum(widths) + 3 * len(widths) + 1

    def _table(self, *, plain: bool = False) -> Any:
        from rich.box import HEAVY_HEAD
        from rich.table import Table

        table = Table(box=HEAVY_HEAD, show_lines=True)
        for title in self.header():
            right = title == "Param #"
            style = "" if plain else {"Output Shape": "cyan", "Param #": "green"}.get(title, "")
            table.add_column(
                title, justify="right" if right else "left", style=style, overflow="fold"
            )
        for cells in self.cells():
            table.add_row(*(_escaped(c) for c in cells))
        return table

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(line(c, "td") for c in self.cells())
        totals = "<br>".join(html.escape(t.strip()) for t in self.totals())
        return (
            f"<b>Model: {html.escape(self.name)}</b>"
            f"<table><thead>{line(self.header(), 'th')}</thead>"
            f"<tbody>{body}</tbody></table><p>{totals}</p>"
        )


def summary(
    graph: Graph,
    *,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> Summary:
    """The layers of a graph with shapes and parameters, and their totals.

    Args:
        graph: what to describe.
        expand_nested: lists the layers of nested models below them.
        show_trainable: adds a column that says which layers are trained.
        layer_range: first and last layer to list, by name; totals are of the whole model.

    Raises:
        UnknownNameError: a name in `layer_range` is not a layer.

    Example:
        >>> import striate as st
        >>> model = st.Sequential([st.layers.Input((4,)), st.layers.Dense(2)])
        >>> st.analysis.summary(model.graph).num_parameters
        10
    """
    nodes = [n for n in graph if n.first_call]
    plain = graph.form == "Sequential"
    if plain:
        nodes = [n for n in nodes if not isinstance(n.kind, InputLayer)]
    if layer_range is not None:
        nodes = _between(graph, nodes, layer_range)
    rows = tuple(row for node in nodes for row in _rows(node, graph, expand_nested, 0))
    return Summary(
        name=graph.name,
        rows=rows,
        num_parameters=graph.num_parameters,
        num_trainable=graph.num_trainable,
        branched=not plain and _branched(graph),
        show_trainable=show_trainable,
    )


def _rows(node: Node, graph: Graph, expand: bool, depth: int) -> Iterator[Row]:
    sources = tuple(str(p) for n in graph if n.layer == node.layer for p in n.inputs)
    yield Row(
        node.name,
        "Sequential" if _is_sequential(node) else _kind_text(node),
        node.output.shape,
        node.num_parameters,
        sources,
        node.trainable,
        depth,
    )
    if expand and isinstance(node.kind, Nested):
        inner = node.kind.inner
        for child in inner:
            if child.first_call and not isinstance(child.kind, InputLayer):
                yield from _rows(child, inner, expand, depth + 1)


def _kind_text(node: Node) -> str:
    if isinstance(node.kind, Nested):
        return "Functional" if node.kind.inner.form == "Model" else node.kind.inner.form
    return node.kind_name


def _is_sequential(node: Node) -> bool:
    return isinstance(node.kind, Nested) and node.kind.inner.form == "Sequential"


def _branched(graph: Graph) -> bool:
    before = ""
    for node in graph:
        if node.inputs and [p.node for p in node.inputs] != [before]:
            return True
        before = node.name
    return False


def _between(graph: Graph, nodes: list[Node], names: Sequence[str]) -> list[Node]:
    positions = []
    for name in names:
        found = [i for i, n in enumerate(nodes) if n.name == name]
        if not found:
            raise errors.unknown_name(graph.name, "layer", name, [n.name for n in nodes])
        positions.append(found[0])
    return nodes[min(positions) : max(positions) + 1]


def size_text(size_bytes: float) -> str:
    """Bytes for people, in units of 1024.

    Example:
        >>> size_text(1_041_192)
        '1016.79 KB'
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size_bytes < 1024 or unit == "TB":
            break
        size_bytes /= 1024
    return f"{size_bytes:.2f} {unit}"


def _number(value: int) -> str:
    return f"{value:,}"


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
