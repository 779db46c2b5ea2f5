"""Memory: the peaks are those that are measured; the parts and the largest batch follow."""

from __future__ import annotations

import json

import pytest
import torch

import striate as st
from striate import analysis, errors, layers
from striate.training.optimizers.registry import OPTIMIZERS
from tests import networks
from tests.analysis.measured_memory import measured

pytestmark = pytest.mark.torch

# Small images, so that activations, weights and scratch memory all matter.
NETWORKS = {
    "vgg16": (lambda: networks.vgg16(64, 10, 512), 64, 10),
    "resnet18": (lambda: networks.resnet(18, 64), 64, 1000),
    "resnet50": (lambda: networks.resnet(50, 48), 48, 1000),
    "googlenet": (lambda: networks.googlenet(64), 64, 1000),
    "mobilenet_v2": (lambda: networks.mobilenet_v2(64), 64, 1000),
    "unet": (lambda: networks.unet(32), 32, 2),
}


def small() -> st.Sequential:
    return st.Sequential(
        [
            layers.Conv2D(8, 3, activation="relu", input_shape=(28, 28, 1)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        name="small",
    )


def batch(name: str, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    _, size, classes = NETWORKS[name]
    labels = (count, size, size) if name == "unet" else (count,)
    return torch.rand(count, size, size, 3), torch.randint(0, classes, labels)


@pytest.mark.usefixtures("torch_kernels")
@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize("name", NETWORKS)
def test_the_peaks_are_within_3_percent_of_what_is_measured(name: str, count: int) -> None:
    model, real = measured(NETWORKS[name][0], *batch(name, count), "float32", "adam")
    found = model.memory(count, optimizer="adam")
    assert found.training_peak_bytes == pytest.approx(real.training_bytes, rel=0.03)
    assert found.inference_peak_bytes == pytest.approx(real.inference_bytes, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 12])
@pytest.mark.parametrize("name", NETWORKS)
def test_training_by_our_own_kernels_needs_about_that_or_less(name: str, count: int) -> None:
    """Less where maps before a pooling are not kept; but weights have a second form for a while."""
    model, real = measured(NETWORKS[name][0], *batch(name, count), "float32", "adam")
    found = model.memory(count, optimizer="adam").training_peak_bytes
    assert 0.75 * found < real.training_bytes < 1.09 * found


@pytest.mark.parametrize("name", ["resnet18", "unet"])
def test_with_bfloat16_products_the_peak_is_within_10_percent(name: str) -> None:
    model, real = measured(NETWORKS[name][0], *batch(name, 12), "bfloat16", "sgd")
    found = model.memory(12, "bfloat16", "sgd")
    assert found.training_peak_bytes == pytest.approx(real.training_bytes, rel=0.1)


@pytest.mark.parametrize("name", [n.lower() for n in OPTIMIZERS])
def test_what_an_optimizer_keeps_is_known_by_its_name_and_from_its_settings(name: str) -> None:
    model = small()
    model.compile(name, "sparse_categorical_crossentropy")
    model.fit(torch.rand(4, 28, 28, 1), torch.zeros(4).long(), verbose=0, precision="float32")
    state = model.optimizer.state.values()
    kept = sum(slot.numel() * slot.element_size() for slots in state for slot in slots.values())
    assert model.memory(4).optimizer_bytes == kept
    if name not in ("adafactor", "muon"):  # theirs depends on the shapes
        assert analysis.memory(model.graph, 4, optimizer=name).optimizer_bytes == kept


def test_the_parts_of_a_small_network_are_as_counted_by_hand() -> None:
    found = small().memory(batch_size=2, optimizer="adam")
    weights = (3 * 3 * 1 + 1) * 8 + (13 * 13 * 8 + 1) * 10
    assert found.weights_bytes == found.gradients_bytes == 4 * weights
    assert found.optimizer_bytes == 8 * weights
    # the image is given; the convolution's result, the places and values of the pooling (the
    # relu overwrites them), and the logits
    maps, pooled, logits = 26 * 26 * 8, 13 * 13 * 8, 10
    assert found.activations_bytes == 2 * (4 * maps + (8 + 4) * pooled)
    assert [row.kept_bytes for row in found.layers] == [
        0,
        2 * 4 * maps,
        2 * 12 * pooled,
        0,
        0,
    ]
    assert found.layers[2].output_bytes == 2 * 4 * pooled
    assert found.layers[4].output_bytes == 2 * 4 * logits


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    for model in (small(), networks.resnet(18, 64)):
        found = model.memory(8)
        for room in (found.peak_bytes, 2 * found.peak_bytes, 10**9):
            count = found.largest_batch(room)
            assert found.peak_of(count) <= room < found.peak_of(count + 1)
        assert found.largest_batch(found.weights_bytes) == 0
    assert small().memory(8, training=False).largest_batch(2**20) > small().memory(8).largest_batch(
        2**20
    )


def test_layer_by_layer_execution_needs_more() -> None:
    convs = [layers.Conv2D(8, 3, activation="elu") for _ in range(3)]
    model = st.Sequential([layers.Input((16, 16, 3)), *convs, layers.Flatten()])
    planned, plain = model.memory(32), model.memory(32, plan=False)
    assert plain.activations_bytes > planned.activations_bytes
    assert plain.training_peak_bytes > planned.training_peak_bytes
    assert (planned.described, plain.described) == ("as planned", "layer by layer")


def test_frozen_layers_have_no_gradients_and_keep_less() -> None:
    model = small()
    before = model.memory(4)
    model.layers[0].trainable = False
    after = model.memory(4)
    assert after.gradients_bytes == before.gradients_bytes - 4 * 80
    assert after.activations_bytes < before.activations_bytes


def test_nested_models_are_counted_inside() -> None:
    x = st.Input((28, 28, 1))
    inner = small()
    model = st.Model(x, inner(x))
    assert [row.name for row in model.memory(2).layers[1:3]] == [
        "small/conv2d",
        "small/max_pooling2d",
    ]
    assert model.memory(2).weights_bytes == inner.memory(2).weights_bytes
    assert model.memory(2).activations_bytes >= inner.memory(2).activations_bytes


def test_it_prints_as_text_as_html_and_as_records() -> None:
    found = small().memory(batch_size=2, optimizer="adam")
    assert str(found) == TEXT
    assert found._repr_html_().count("<tr>") == 6 + 7
    assert json.loads(found.to_json())["training_peak_bytes"] == found.peak_bytes
    assert found.records()[0]["name"] == "input_layer"


TEXT = """\
small: memory, batch of 2, float32, as planned

layer                          weights    output      kept  its backward pass reads
input_layer (InputLayer)        0.00 B   6.12 KB    0.00 B
conv2d (Conv2D)               320.00 B  42.25 KB  42.25 KB  input, output
max_pooling2d (MaxPooling2D)    0.00 B  10.56 KB  31.69 KB  input, places or copies
flatten (Flatten)               0.00 B  10.56 KB    0.00 B
dense (Dense)                 52.85 KB   80.00 B    0.00 B  input

batch of 2
weights           53.16 KB
gradients         53.16 KB
optimizer        106.33 KB  adam
activations       73.94 KB  kept for the backward pass
peak, training   334.73 KB  during backward max_pooling2d
peak, inference  133.23 KB  during forward max_pooling2d"""


def test_an_open_size_is_an_error_that_says_where() -> None:
    x = st.Input((None, None, 3))
    model = st.Model(x, layers.Conv2D(4, 3)(x))
    with pytest.raises(errors.ArgumentError) as caught:
        model.memory()
    assert str(caught.value) == (
        "input_layer (InputLayer): memory depends on a size that is open. Got output"
        " shape=(None, None, None, 3). Expected known sizes besides the batch. Give them:"
        " graph.respecify((Spec((None, 224, 224, 3)),))."
    )


def test_a_batch_of_nothing_is_an_error() -> None:
    with pytest.raises(errors.ArgumentError) as caught:
        small().memory(0)
    assert str(caught.value) == (
        "memory: `batch_size` is not valid. Got batch_size=0. Expected a positive whole number."
    )


def test_an_unknown_optimizer_is_an_error_with_the_nearest() -> None:
    with pytest.raises(errors.UnknownNameError) as caught:
        small().memory(optimizer="adan")
    assert str(caught.value) == (
        "memory: unknown optimizer. Got 'adan'. Did you mean 'adam' or 'nadam' or 'adamw'?"
    )
