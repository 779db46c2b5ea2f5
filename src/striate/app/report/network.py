"""What the network is: a drawing, its layers with what they cost and see, and advice."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from striate.analysis import advice, cost, receptive_field, summary
from striate.app.report.markup import Html, element, facts, section, table
from striate.app.report.subject import Subject
from striate.graph import Graph

_MOST_DRAWN = 80


def network(subject: Subject) -> Html:
    """The layers with shapes, parameters, multiplications and receptive fields."""
    graph = subject.model.graph
    found = cost(graph)
    known = f"{found.macs:,}" + (", some unknown" if found.uncounted else "")
    pairs: list[tuple[object, object]] = [
        ("Multiplications with additions, per image", known),
        ("Parameters", f"{found.num_parameters:,}"),
        ("of them trained", f"{graph.num_trainable:,}"),
    ]
    header = ("layer", "output", "parameters", "of all", "MACs", "of all", "sees, px", "step, px")
    body = table("Layers", header, layer_rows(graph), range(2, 8))
    note = element(
        "p",
        "MACs are multiplications with additions, per image. A unit sees so many pixels of the "
        "image along each side; neighbouring units look so many pixels apart.",
        class_="quiet",
    )
    parts = (facts(pairs), body, note, advice_part(graph), _drawing(subject))
    return section("network", "The network", *parts)


def layer_rows(graph: Graph) -> Iterator[list[str]]:
    """A row per layer; those of nested models are called by their path."""
    costs = {row.name: row for row in cost(graph).layers}
    fields = {row.name: row for row in receptive_field(graph).layers}
    path: list[str] = []
    for row in summary(graph, expand_nested=True).rows:
        path[row.depth :] = [row.name]
        name = "/".join(path)
        macs, field = costs.get(name), fields.get(name)
        known = macs is not None and macs.macs is not None
        yield [
            f"{'  ' * row.depth}{row.name} ({row.kind})",
            str(row.output_shape),
            f"{row.num_parameters:,}",
            "" if macs is None else f"{macs.parameters_share:.1%}",
            f"{macs.macs:,}" if macs is not None and known else "",
            f"{macs.macs_share:.1%}" if macs is not None and known else "",
            "" if field is None else _sides(field.size),
            "" if field is None else _sides(field.stride),
        ]


def _sides(values: tuple[float | None, ...]) -> str:
    """One number where all sides have the same; "all" where a unit sees the whole side."""
    shown = ["all" if value is None else f"{value:g}" for value in values]
    return shown[0] if len(set(shown)) == 1 else " x ".join(shown)


def advice_part(graph: Graph) -> Html:
    """What an experienced person would point out."""
    found = advice(graph)
    if not len(found):
        return Html()
    entries = [
        element("li", element("strong", f"{f.layer}: {f.topic}."), f" {f.reason}. {f.remedy}")
        for f in found
    ]
    return Html(element("h3", "Advice") + element("ul", *entries, class_="advice"))


def _drawing(subject: Subject) -> Html:
    """The graph as a drawing, folded away; of very large networks none."""
    from striate.diagrams import plot_model

    graph = subject.model.graph
    if len(graph.nodes) > _MOST_DRAWN:
        return Html()
    drawn = plot_model(graph, None, show_shapes=True, show_layer_names=True)
    data = base64.b64encode(drawn.content("svg")).decode()
    image = element("img", src=f"data:image/svg+xml;base64,{data}", alt=drawn.title)
    label = "Drawing of the network"
    scrolls = element(
        "div", image, class_="wide paper", role="region", tabindex="0", aria_label=label
    )
    return element("details", element("summary", label), scrolls)
