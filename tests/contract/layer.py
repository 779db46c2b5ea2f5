"""What holds for every layer, one short function per property."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
import torch

from striate.graph import Graph, freeze
from striate.layers import BuiltIn, Input, Layer
from striate.layers.calls import leaves
from striate.models import Model, model_from_json
from tests.contract.cases import Case


def symbols(case: Case, *, batch: int | None = None) -> list:
    pairs = zip(case.shapes, case.inputs(), strict=True)
    return [Input(s, batch_size=batch, dtype=str(x.dtype)) for s, x in pairs]


def outputs(case: Case, layer: Layer, values: list) -> list[torch.Tensor]:
    return listed(case.call(layer, values))


def listed(out) -> list:
    return leaves(out)


def promised_shape_is_real(case: Case) -> None:
    layer = case.make()
    made = case.call(layer, symbols(case))
    promised = [s.shape for s in listed(made)]
    for batch in (1, 3):
        real = [tuple(o.shape) for o in outputs(case, layer, case.inputs(batch=batch))]
        assert real == [(batch, *shape[1:]) for shape in promised]
    on_meta = [torch.from_numpy(x).to("meta") for x in case.inputs()]
    assert [tuple(o.shape) for o in outputs(case, layer, on_meta)] == [
        (2, *p[1:]) for p in promised
    ]


def weights_are_as_promised(case: Case) -> None:
    layer = case.make()
    made = case.call(layer, symbols(case))
    call = listed(made)[0].call
    shapes = layer.weight_shapes()  # known before a weight is made
    assert shapes == {path: tuple(w.shape) for path, w in layer.named_weights()}
    assert list(shapes.values()) == [s.shape for s in call.weights]
    assert layer.count_params() == sum(s.size for s in call.weights)
    trainable = [s.size for s in call.weights if s.trainable]
    assert sum(w.numel() for w in layer.trainable_weights) == sum(trainable)


def config_round_trips(case: Case) -> None:
    layer = case.make()
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert isinstance(layer, BuiltIn)
    assert isinstance(again, BuiltIn)
    assert again.kind == layer.kind
    assert again.get_config() == layer.get_config()


def graph_round_trips(case: Case) -> None:
    layer = case.make()
    entries = symbols(case)
    made = case.call(layer, entries)
    graph = freeze(entries, listed(made)).graph
    assert Graph.from_json(graph.to_json()) == graph
    model = Model(entries, listed(made))
    again = model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    values = case.inputs()
    for a, b in zip(listed(model(values)), listed(again(values)), strict=True):
        assert torch.equal(a, b)


def copies_are_equal_and_separate(case: Case) -> None:
    layer = case.make()
    values = case.inputs()
    before = outputs(case, layer, values)
    thawed = pickle.loads(pickle.dumps(layer))  # noqa: S301 - our own bytes
    for other in (copy.deepcopy(layer), thawed):
        for a, b in zip(before, outputs(case, other, values), strict=True):
            assert torch.equal(a, b)
        for weight in other.trainable_weights:
            weight.data.add_(1.0)
    for a, b in zip(before, outputs(case, layer, values), strict=True):
        assert torch.equal(a, b)


def gradients_are_right(case: Case) -> None:
    drawn = case.inputs(seed=1)
    if drawn[0].dtype != "float32" or not case.smooth:
        pytest.skip(case.note or "whole numbers have no gradient")
    layer = case.make()
    case.call(layer, case.inputs())
    layer.double()
    if not (case.random or case.rewrites):
        layer.train()
    values = [torch.from_numpy(v) for v in drawn]
    values = [v.double().requires_grad_() if v.is_floating_point() else v for v in values]
    weights = list(layer.trainable_weights)
    randomise(weights, seed=2)

    def function(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(outputs(case, layer, list(tensors[: len(values)])))

    assert torch.autograd.gradcheck(function, (*values, *weights), fast_mode=True, atol=1e-4)


def inference_is_repeatable(case: Case) -> None:
    layer = case.make()
    values = case.inputs()
    first, second = outputs(case, layer, values), outputs(case, layer, values)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def what_is_idle_returns_its_input(case: Case) -> None:
    layer = case.make()
    values = case.inputs()
    for training in (False, True):
        layer.train(training)
        out = outputs(case, layer, values)
        assert isinstance(layer, BuiltIn)
        same = len(values) == len(out) == 1 and torch.equal(out[0], torch.from_numpy(values[0]))
        idle = layer.kind.idle(training)
        assert same or not idle
        if same and case.random and not training:
            assert idle == "it acts in training only"


def training_differs_only_where_it_should(case: Case) -> None:
    layer = case.make()
    values = case.inputs()
    plain = outputs(case, layer, values)
    torch.manual_seed(0)
    layer.train()
    trained = outputs(case, layer, values)
    differs = any(not torch.equal(a, b) for a, b in zip(plain, trained, strict=True))
    assert differs == (case.random or case.trains)
    layer.eval()


def layout_is_kept(case: Case) -> None:
    """Channels last in, channels last out, gradients too: nothing was copied to change layout."""
    if case.copies:
        pytest.skip(case.note or "the operation rearranges values")
    layer = case.make()
    values = [torch.from_numpy(v) for v in case.inputs()]
    values = [v.requires_grad_() if v.is_floating_point() else v for v in values]
    made = outputs(case, layer, values)
    floats = [out for out in made if out.requires_grad]
    if floats:
        torch.autograd.backward(floats, [torch.ones_like(out) for out in floats])
    gradients = [v.grad for v in values if v.grad is not None]
    for tensor in (*made, *gradients):
        if tensor.dim() > 2:
            assert tensor.is_contiguous(), (tuple(tensor.shape), tensor.stride())


def frozen_layer_has_no_gradients(case: Case) -> None:
    layer = case.make()
    case.call(layer, symbols(case))
    layer.trainable = False
    assert layer.trainable_weights == []
    layer.trainable = True


def randomise(weights: list[torch.Tensor], seed: int) -> None:
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for weight in weights:
            weight.copy_(torch.from_numpy(rng.normal(size=tuple(weight.shape))))


PROPERTIES = [
    promised_shape_is_real,
    weights_are_as_promised,
    config_round_trips,
    graph_round_trips,
    copies_are_equal_and_separate,
    gradients_are_right,
    inference_is_repeatable,
    what_is_idle_returns_its_input,
    training_differs_only_where_it_should,
    layout_is_kept,
    frozen_layer_has_no_gradients,
]
