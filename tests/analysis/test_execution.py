"""The steps that the graph alone foretells are those that the plan takes with torch's kernels."""

from __future__ import annotations

import pytest

import striate as st
from striate import errors, layers
from striate.analysis.execution import execution
from tests import networks
from tests.plan.random_models import random_model

pytestmark = [pytest.mark.torch, pytest.mark.usefixtures("torch_kernels")]

NETWORKS = {
    "vgg16": lambda: networks.vgg16(32, 10, 64),
    "resnet18": lambda: networks.resnet(18, 64),
    "resnet50": lambda: networks.resnet(50, 64),
    "googlenet": lambda: networks.googlenet(64),
    "mobilenet_v2": lambda: networks.mobilenet_v2(64),
    "unet": networks.unet,
}


def foretold(model: st.Model, training: bool) -> list[tuple]:
    steps = execution(model.graph, training=training).steps
    return [(s.name, s.part, s.reads, s.in_place) for s in steps]


def planned(model: st.Model, training: bool) -> list[tuple]:
    model.compile("sgd", "sparse_categorical_crossentropy")
    operations = model.plan(training=training).operations
    return [(o.name, o.part, o.reads, o.in_place) for o in operations]


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_steps_of_a_known_network_are_those_of_its_plan(name: str, training: bool) -> None:
    model = NETWORKS[name]()
    assert foretold(model, training) == planned(model, training)


@pytest.mark.parametrize("training", [True, False], ids=["training", "inference"])
def test_the_steps_of_random_networks_with_branches_are_those_of_their_plans(
    training: bool,
) -> None:
    for seed in range(25):
        model = random_model(seed)
        assert foretold(model, training) == planned(model, training), seed


def test_bfloat16_products_are_those_that_were_asked_for() -> None:
    model = networks.vgg16(32, 10, 64)
    low = {s.name for s in execution(model.graph, precision="bfloat16").steps if s.low}
    plan = model.plan(training=True, precision="bfloat16")
    assert {o.name for o in plan.operations if o.precision == "bfloat16"} <= low
    assert "block1_conv1/relu" in low
    one = {s.name for s in execution(model.graph, precision={"dense"}).steps if s.low}
    assert one == {"dense", "dense/relu", "dropout"}


def test_a_nested_model_runs_in_the_place_of_its_step() -> None:
    x = st.Input((8, 8, 3), name="image")
    inner = st.Sequential(
        [layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 3)), layers.MaxPooling2D()],
        name="stem",
    )
    model = st.Model(x, layers.Flatten()(inner(x)))
    assert [(s.name, s.layer, str(s.reads[0])) for s in execution(model.graph).steps] == [
        ("stem/conv2d", "stem/conv2d", "image"),
        ("stem/max_pooling2d", "stem/max_pooling2d", "stem/conv2d"),
        ("stem/conv2d/relu", "stem/conv2d", "stem/max_pooling2d"),
        ("flatten", "flatten", "stem/conv2d/relu"),
    ]


def test_an_unknown_precision_is_an_error() -> None:
    model = st.Sequential([layers.Dense(1, input_shape=(2,))])
    with pytest.raises(errors.ArgumentError) as caught:
        execution(model.graph, precision="float16")
    assert str(caught.value) == (
        "analysis: unknown precision. Got precision='float16'. Expected 'float32', 'bfloat16', or"
        " names of layers with bfloat16 products."
    )
