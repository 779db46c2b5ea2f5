"""Where graphs fall apart: separators, the end of the features, stages."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

import striate as st
from striate import layers
from striate.errors import GraphError
from striate.graph import Graph, Port
from striate.graph.cutting import after, before, depends_on, feature_cut, separators, stages
from striate.graph.inlining import inlined

pytestmark = pytest.mark.torch


def branched() -> st.Model:
    """Two branches that meet, pooling, two dense layers with dropout between."""
    x = st.Input((16, 16, 3), name="image")
    a = layers.Conv2D(4, 3, padding="same", name="a")(x)
    b = layers.Conv2D(4, 3, padding="same", name="b")(a)
    y = layers.Add(name="sum")([a, b])
    y = layers.MaxPooling2D(2, name="pool")(y)
    y = layers.Conv2D(8, 3, name="c")(y)
    y = layers.Dropout(0.5, name="drop")(y)
    y = layers.GlobalAveragePooling2D(name="mean")(y)
    y = layers.Dense(5, activation="relu", name="d1")(y)
    return st.Model(x, layers.Dense(3, activation="softmax", name="d2")(y), name="branched")


def paths(graph: Graph, start: str, end: str, without: str) -> bool:
    """Whether a way leads from one node to another around a third: by trying all of them."""
    readers: dict[str, set[str]] = {}
    for node in graph:
        for port in node.inputs:
            readers.setdefault(port.node, set()).add(node.name)
    waiting, seen = [start] if start != without else [], set()
    while waiting:
        name = waiting.pop()
        if name == end:
            return True
        if name not in seen:
            seen.add(name)
            waiting += [n for n in readers.get(name, ()) if n != without]
    return False


@pytest.mark.parametrize("name", ["resnet20", "squeezenet1_1", "mobilenet_v3_small", "lenet5"])
def test_separators_are_what_no_way_leads_around(name: str) -> None:
    graph = st.zoo.architecture(name)().graph
    output = graph.outputs[0].node
    found = [port.node for port in separators(graph, graph.outputs[0])]
    start = graph.inputs[0].node
    slow = [n.name for n in graph if n.name == output or not paths(graph, start, output, n.name)]
    assert found == slow


def test_with_two_inputs_nothing_separates_before_they_meet() -> None:
    a, b = st.Input((4,), name="a"), st.Input((4,), name="b")
    left = layers.Dense(3, name="left")(a)
    out = layers.Dense(2, name="out")(layers.Concatenate(name="both")([left, b]))
    graph = st.Model([a, b], out).graph
    assert [str(p) for p in separators(graph, graph.outputs[0])] == ["both", "out"]


def test_features_end_before_pooling_and_dropout() -> None:
    cut = feature_cut(branched().graph)
    assert cut.port == Port("c")
    assert cut.reason == "the last map before global pooling or flattening"


def model_of(*made: Any) -> Graph:
    return st.Sequential([layers.Input((12, 12, 3)), *made]).graph


CASES: dict[str, tuple[Any, bool, str, str]] = {
    "scores by a 1x1 convolution": (
        lambda: model_of(
            layers.Conv2D(4, 3, name="body"),
            layers.Conv2D(2, 1, name="scores"),
            layers.GlobalAveragePooling2D(),
            layers.Softmax(),
        ),
        True,
        "body",
        "the last map before global pooling or flattening",
    ),
    "a convolution behind the mean": (
        lambda: model_of(
            layers.Conv2D(4, 3, name="body"),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Conv2D(2, 1),
            layers.Flatten(),
        ),
        False,
        "body",
        "the last map before global pooling or flattening",
    ),
    "maps of one place": (
        lambda: model_of(
            layers.MaxPooling2D(12),
            layers.Conv2D(4, 1, name="body"),
            layers.Flatten(),
            layers.Dense(2),
        ),
        True,
        "body",
        "the last map before global pooling or flattening",
    ),
    "no head": (
        lambda: model_of(layers.Conv2D(4, 3), layers.Conv2D(4, 3, name="body"), layers.ReLU()),
        False,
        "re_lu",
        "the map that a network without a head ends in",
    ),
    "no head, but the mean": (
        lambda: model_of(layers.Conv2D(4, 3, name="body"), layers.GlobalAveragePooling2D()),
        False,
        "body",
        "the map that a network without a head ends in",
    ),
    "no maps": (
        lambda: model_of(
            layers.Flatten(),
            layers.Dense(5, name="hidden"),
            layers.Dropout(0.5),
            layers.Dense(2, activation="softmax"),
        ),
        True,
        "hidden",
        "what the last layer with weights reads",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_where_features_end(case: str) -> None:
    make, scores, layer, reason = CASES[case]
    cut = feature_cut(make(), scores)
    assert (str(cut.port), cut.reason) == (layer, reason)


def test_one_layer_cannot_be_divided() -> None:
    graph = st.Sequential([layers.Dense(2, input_shape=(4,), name="only")], name="one").graph
    with pytest.raises(GraphError) as error:
        feature_cut(graph)
    assert str(error.value) == (
        "one: there is nothing that could be divided into a backbone and a head. "
        "Got layers with weights=('only',). "
        "Expected two of them, and one value that all of the way passes through."
    )


def test_the_parts_of_a_graph_are_all_of_it() -> None:
    graph = branched().graph
    cut = Port("pool")
    first, second = before(graph, cut, "first"), after(graph, cut, "second")
    assert [n.name for n in first] == ["image", "a", "b", "sum", "pool"]
    assert [n.name for n in second] == ["pool", "c", "drop", "mean", "d1", "d2"]
    assert (first.outputs, second.inputs, second.outputs) == ((cut,), (cut,), (Port("d2"),))
    assert first.output_specs == second.input_specs
    assert first.num_parameters + second.num_parameters == graph.num_parameters
    assert depends_on(graph, "mean") == {"mean", "d1", "d2"}


def test_a_cut_with_a_way_around_it_is_refused() -> None:
    with pytest.raises(GraphError) as error:
        after(branched().graph, Port("b"), "head")
    assert str(error.value) == (
        "branched: a way to the output leads around `b`. "
        'Expected a value that all of it passes through. model.cut_point = "c".'
    )


def test_stages_end_where_maps_lose_half_of_their_places() -> None:
    graph = st.zoo.resnet20().graph
    found = stages(graph, feature_cut(graph).port)
    assert [stage[0] for stage in found] == [
        "conv1_conv",
        "conv3_block1_1_conv",
        "conv4_block1_1_conv",
    ]
    weighted = [n.layer for n in graph if n.weights]
    assert [*itertools.chain(*found), "predictions"] == weighted


@pytest.mark.parametrize(("name", "count"), [("vgg16", 5), ("mobilenet_v2", 5), ("tiny_vgg", 2)])
def test_stages_of_known_networks(name: str, count: int) -> None:
    graph = st.zoo.architecture(name)().graph
    assert len(stages(graph, feature_cut(graph).port)) == count


def test_open_sizes_have_stages_too() -> None:
    graph = st.zoo.resnet20(include_top=False).graph
    assert graph.input_specs[0].shape == (None, None, None, 3)
    assert len(stages(graph, graph.outputs[0])) == 3


def test_nested_models_are_divided_inside() -> None:
    inner = branched()
    outer = st.Sequential([layers.Rescaling(1 / 255, input_shape=(16, 16, 3)), inner])
    assert str(feature_cut(inlined(outer.graph).graph).port) == "branched/c"
