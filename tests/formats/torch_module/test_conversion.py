"""Plain modules of torch compute what the models do, for every layer and every kind of model."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from torch import nn

import striate as st
from striate import layers, zoo
from striate.formats.torch_module.conversion import check_equal
from tests.contract.cases import CASES, Case
from tests.contract.layer import listed, symbols

pytestmark = pytest.mark.torch

MASKING = [c for c in CASES if c.layer == "Masking" or "mask_zero=True" in str(c)]


def shaken(model: st.Model) -> st.Model:
    """The model with weights that make every term count."""
    source = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.weights:
            weight.add_(torch.rand(weight.shape, generator=source) * 0.2)
    return model


def chain(*parts: layers.Layer, shape: tuple[int | None, ...] = (9, 10, 3)) -> st.Model:
    return shaken(st.Sequential([layers.Input(shape), *parts]))


def modules_of(module: nn.Module) -> list[str]:
    return [type(m).__name__ for m in module.children()]


@pytest.mark.parametrize("case", [c for c in CASES if c not in MASKING], ids=str)
def test_every_layer_has_a_plain_form_with_equal_outputs(case: Case) -> None:
    entries = symbols(case)
    model = shaken(st.Model(entries, listed(case.call(case.make(), entries))))
    module = st.to_torch(model)  # compares
    assert not any(type(m).__module__.startswith("striate") for m in module.modules())
    assert "striate" not in module.code


@pytest.mark.parametrize("case", MASKING, ids=str)
def test_masks_are_refused(case: Case) -> None:
    entries = symbols(case)
    layer = case.make()
    model = st.Model(entries, listed(case.call(layer, entries)))
    with pytest.raises(st.ArgumentError) as caught:
        st.to_torch(model)
    assert str(caught.value) == (
        f"{layer.where}: it makes a mask, and plain modules of torch do not pass masks on. "
        "Expected a model without masks. Pad with values that the network has learnt to ignore, "
        "or keep the striate model, which is a torch.nn.Module as well."
    )


def test_a_network_becomes_the_modules_that_people_write() -> None:
    model = chain(
        layers.Conv2D(4, 3, padding="same", activation="relu", name="first"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(5, activation="softmax"),
    )
    module = st.to_torch(model)
    assert modules_of(module) == [
        "Conv2d",
        "ReLU",
        "BatchNorm2d",
        "MaxPool2d",
        "Flatten",
        "Dropout",
        "Linear",
        "Softmax",
    ]
    assert module.first.kernel_size == (3, 3)
    assert module.batch_normalization.momentum == 0.01


def test_the_outputs_are_those_of_the_model_in_torchs_order_of_axes() -> None:
    model = chain(layers.Conv2D(4, 3, strides=2, padding="same"), layers.Softmax())
    x = np.random.default_rng(0).random((2, 9, 10, 3), dtype=np.float32)
    found = st.to_torch(model)(torch.from_numpy(x.transpose(0, 3, 1, 2)))
    assert np.allclose(
        found.detach().numpy().transpose(0, 2, 3, 1), model.predict(x, verbose=0), atol=1e-6
    )


def test_a_shared_layer_is_one_module() -> None:
    x = layers.Input((6, 6, 2))
    shared, gate = layers.Conv2D(2, 3, padding="same"), layers.SqueezeExcite(ratio=1)
    model = st.Model(x, gate(shared(gate(shared(x)))))
    module = st.to_torch(shaken(model))
    assert modules_of(module) == ["Conv2d"]
    assert sum(w.numel() for w in module.parameters()) == model.count_params()


def test_a_shared_layer_that_pads_otherwise_shares_its_weights() -> None:
    x = layers.Input((14, 14, 2))
    shared = layers.Conv2D(2, 3, strides=2, padding="same")
    module = st.to_torch(shaken(st.Model(x, shared(shared(x)))))
    first, second = (m for m in module.children() if isinstance(m, nn.Conv2d))
    assert (first.padding, second.padding) == ((0, 0), (1, 1))
    assert first.weight is second.weight
    assert first.bias is second.bias


def test_nested_models_several_inputs_and_named_outputs() -> None:
    inner = st.Sequential([layers.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.Flatten()])
    a, b = layers.Input((6, 6, 2), name="left"), layers.Input((6, 6, 2), name="right")
    both = layers.Add()([inner(a), inner(b)])
    model = st.Model([a, b], {"sum": both, "score": layers.Dense(1)(both)})
    module = st.to_torch(shaken(model))
    out = module(torch.rand(1, 2, 6, 6), torch.rand(1, 2, 6, 6))
    assert {name: tuple(y.shape) for name, y in out.items()} == {"sum": (1, 48), "score": (1, 1)}


def test_sequences_and_layers_around_layers() -> None:
    model = chain(
        layers.TimeDistributed(layers.Conv2D(3, 3, activation="relu")),
        layers.TimeDistributed(layers.Flatten()),
        layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
        layers.GRU(5, go_backwards=True),
        shape=(4, 8, 8, 2),
    )
    assert modules_of(st.to_torch(model)) == ["Conv2d", "ReLU", "Flatten", "LSTM", "LSTM", "GRU"]


def test_it_trains_as_the_model_does() -> None:
    model = chain(layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3))
    module = st.to_torch(model).train()
    x = torch.rand(4, 9, 10, 3)
    module(x.permute(0, 3, 1, 2)).square().sum().backward()
    model.train()
    model(x).square().sum().backward()
    wanted = model.layers[0].kernel.grad.permute(3, 2, 0, 1)
    assert torch.allclose(module.conv2d.weight.grad, wanted, rtol=1e-4, atol=1e-5)


def test_frozen_weights_stay_frozen_and_the_model_its_own() -> None:
    model = chain(layers.Dense(3, trainable=False), layers.Dense(2), shape=(4,))
    module = st.to_torch(model)
    assert [w.requires_grad for w in module.parameters()] == [False, False, True, True]
    with torch.no_grad():
        module.dense.weight.zero_()
    assert model.layers[0].kernel.abs().sum() > 0


def test_what_acts_in_training_alone_is_noted() -> None:
    model = chain(layers.RandomFlip(), layers.GaussianNoise(0.1), layers.Conv2D(2, 3))
    module = st.to_torch(model)
    assert module.meta["notes"] == (
        "random_flip (RandomFlip) works in training only: left out",
        "gaussian_noise (GaussianNoise) works in training only: left out",
    )


def test_open_sizes_are_asked_for_only_where_they_matter() -> None:
    open_size = (None, None, 3)
    st.to_torch(chain(layers.Conv2D(2, 3, padding="same"), shape=open_size))
    model = chain(layers.Conv2D(2, 3, strides=2, padding="same"), shape=open_size)
    with pytest.raises(st.ArgumentError) as caught:
        st.to_torch(model)
    assert str(caught.value) == (
        "conv2d (Conv2D): plain torch needs the size of its input map as a number. "
        "Got sizes=(None, None). Expected a model whose sizes are known. "
        "to_torch(model, input_shape=(224, 224, 3))."
    )
    module = st.to_torch(model, input_shape=(8, 8, 3))
    assert module(torch.rand(1, 3, 8, 8)).shape == (1, 2, 4, 4)


def test_another_number_of_input_shapes() -> None:
    with pytest.raises(st.ArgumentError) as caught:
        st.to_torch(chain(layers.Conv2D(2, 3)), input_shape=[(8, 8, 3), (4, 4, 3)])
    assert str(caught.value) == (
        "to_torch: another number of input shapes. Got input_shape=[(8, 8, 3), (4, 4, 3)]. "
        "Expected 1, for input_layer."
    )


def test_code_that_depends_on_values_has_no_plain_form() -> None:
    def halved(x: torch.Tensor) -> torch.Tensor:
        return x / 2 if float(x.sum()) > 1 else x

    with pytest.raises(st.KernelError) as caught:
        st.to_torch(chain(layers.Lambda(halved), shape=(4,)))
    text = str(caught.value)
    assert text.startswith(
        "lambda (Lambda): it has no plain form: what it computes cannot be recorded ("
    )
    assert text.endswith(
        ". Expected operations of torch that do not depend on the values they work on. "
        "Replace the layer before to_torch(model)."
    )


def test_a_difference_is_an_error() -> None:
    model = chain(layers.Dense(2), shape=(3,))
    module = st.to_torch(model)
    with torch.no_grad():
        module.dense.bias.add_(1.0)
    with pytest.raises(st.KernelError) as caught:
        check_equal(model, module, model.graph.input_specs)
    assert str(caught.value).startswith(
        "sequential (Sequential): the plain module gives another result; this is a fault of "
        "striate. Got output=0, shape=(2, 2), difference="
    )
    assert str(caught.value).endswith(
        ". Expected (2, 2), within 0.0001 of its largest value. Please report it with the model."
    )


def test_a_model_without_shapes() -> None:
    with pytest.raises(st.NotBuiltError):
        st.to_torch(st.Sequential([layers.Dense(2)]))


@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet20", 32), ("mobilenet_v2", 64), ("squeezenet1_1", 64), ("inception_v3", 75)]
    + [
        pytest.param(name, size, marks=pytest.mark.slow)
        for name, size in [
            ("densenet121", 64),
            ("efficientnet_b0", 64),
            ("convnext_tiny", 64),
            ("xception", 71),
            ("unet", 64),
            ("googlenet", 64),
            ("alexnet", 96),
        ]
    ],
)
def test_networks_of_the_zoo(name: str, size: int) -> None:
    network = zoo.architecture(name)
    shape = (size, size, network.input_shape[2])
    model = network(input_shape=shape, include_top=network.smallest <= size, classes=7)
    module = st.to_torch(model)
    assert sum(w.numel() for w in module.parameters()) >= sum(
        w.numel() for w in model.trainable_weights
    )
    assert "aten" not in module.code or name in ("alexnet", "googlenet")


def test_torch_is_all_that_a_module_needs() -> None:
    module = st.to_torch(chain(layers.Conv2D(2, 3), layers.Maxout(2)))
    assert {type(m).__module__.partition(".")[0] for m in module.children()} == {"torch"}
    assert "striate" in sys.modules  # this process has it; test_source runs one that has not
