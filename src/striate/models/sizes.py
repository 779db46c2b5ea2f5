"""A model for smaller images than its own: the same layers, every shape rule applied anew."""

from __future__ import annotations

from striate.errors import ShapeError, message
from striate.graph import Graph
from striate.graph.kinds import Custom
from striate.graph.spec import Spec

Size = tuple[int, int]


def resized_form(graph: Graph, size: Size) -> Graph:
    """The graph of one image for images of another size.

    Raises:
        ShapeError: a layer cannot take the size, or has weights or results that depend on it.
    """
    given = graph.input_specs[0]
    form = graph.respecify((Spec((given.shape[0], *size, given.channels), given.dtype),))
    bound = _bound(graph, form)
    if not bound and form.output_specs != graph.output_specs:
        bound = graph.outputs[0].node
    if bound:
        node = graph[bound]
        raise ShapeError(
            message(
                f"{node.name} ({node.kind_name})",
                "it is made for one size of images",
                got={"images": size},
                expected=f"images of {given.spatial}, or layers that take any size",
                fix="Put GlobalAveragePooling2D in place of Flatten",
            )
        )
    return form


def _bound(graph: Graph, form: Graph) -> str:
    """The first node whose weights depend on the size, or whose code is not known; "" if none."""
    for node in form:
        kind = node.kind
        inputs = [form.spec(p) for p in node.inputs]
        if isinstance(kind, Custom):
            return node.name
        if [w.shape for w in kind.weights(*inputs)] != [w.shape for w in graph[node.name].weights]:
            return node.name
    return ""
