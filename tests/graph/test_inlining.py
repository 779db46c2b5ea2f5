"""A graph without nested models computes what the graph with them computes."""

from __future__ import annotations

import pytest

import striate as st
from striate import layers
from striate.graph import Port
from striate.graph.inlining import inlined

pytestmark = pytest.mark.torch


def nested_twice() -> st.Model:
    core = st.Sequential([layers.Conv2D(4, 3, input_shape=(None, None, 3))], name="core")
    x = st.Input((None, None, 3))
    inner = st.Model(x, layers.MaxPooling2D(name="pool")(core(x)), name="inner")
    y = st.Input((12, 12, 3), name="image")
    both = layers.Concatenate(name="both")([inner(y), inner(layers.Permute((2, 1, 3))(y))])
    return st.Model(y, [both, inner(y)])


def test_layers_of_nested_models_stand_in_their_place_under_their_path() -> None:
    graph = inlined(nested_twice().graph).graph
    assert [(n.name, n.layer) for n in graph] == [
        ("image", "image"),
        ("inner/core/conv2d", "inner/core/conv2d"),
        ("inner/pool", "inner/pool"),
        ("permute", "permute"),
        ("inner@2/core/conv2d", "inner/core/conv2d"),
        ("inner@2/pool", "inner/pool"),
        ("both", "both"),
        ("inner@3/core/conv2d", "inner/core/conv2d"),
        ("inner@3/pool", "inner/pool"),
    ]
    assert graph["both"].inputs == (Port("inner/pool"), Port("inner@2/pool"))
    assert graph.outputs == (Port("both"), Port("inner@3/pool"))


def test_shapes_and_parameters_are_those_of_the_nested_graph() -> None:
    nested = nested_twice().graph
    graph = inlined(nested).graph
    assert graph.num_parameters == nested.num_parameters == (3 * 3 * 3 + 1) * 4
    assert graph.output_specs == nested.output_specs
    assert graph["inner/core/conv2d"].output.shape == (None, 10, 10, 4)
    assert graph.respecify(graph.input_specs) == graph


def test_every_value_of_the_nested_graph_is_found() -> None:
    found = inlined(nested_twice().graph)
    assert found.ports[Port("inner")] == Port("inner/pool")
    assert found.ports[Port("inner@2/core")] == Port("inner@2/core/conv2d")
    assert found.ports[Port("inner@2/core/input_layer")] == Port("permute")


def test_a_frozen_model_freezes_its_layers() -> None:
    inner = st.Sequential([layers.Dense(3, input_shape=(2,))], name="inner", trainable=False)
    graph = inlined(st.Sequential([inner, layers.Dense(1)]).graph).graph
    assert [n.trainable for n in graph if n.weights] == [False, True]
    assert graph.num_trainable == 4
