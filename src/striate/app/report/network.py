"""What the network is: its layers, and a drawing."""

from __future__ import annotations

import base64

from striate.analysis import summary
from striate.app.report.markup import Html, element, facts, section, table
from striate.app.report.subject import Subject

_MOST_DRAWN = 80


def network(subject: Subject) -> Html:
    """The layers with shapes and parameters."""
    graph = subject.model.graph
    found = summary(graph, expand_nested=True)
    header = found.header()
    right = [i for i, title in enumerate(header) if title == "Param #"]
    body = table("Layers", header, found.cells(), right)
    pairs = [
        ("Parameters", f"{graph.num_parameters:,}"),
        ("of them trained", f"{graph.num_trainable:,}"),
    ]
    return section("network", "The network", facts(pairs), body, _drawing(subject))


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
