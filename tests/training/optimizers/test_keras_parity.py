"""Every optimizer's first 20 steps are real Keras's."""

from __future__ import annotations

import contextlib
import inspect
from typing import Any

import numpy as np
import pytest
import torch

from striate.training import optimizers
from striate.training.optimizers.registry import OPTIMIZERS
from tests.keras_oracle import keras
from tests.training.optimizers import cases

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    # Keras's Variable.numpy() under NumPy 2
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

# Arguments that Keras has not.
OURS_ONLY = {"Muon": {"flatten_kernels"}}


def keras_weights(name: str, arguments: dict[str, Any], steps: int = 20) -> dict[str, np.ndarray]:
    start = cases.weights()
    module = keras.optimizers
    optimizer = cases.make(name, arguments, module, module.schedules)
    variables = []
    for path, value in start.items():
        layer, _, last = path.partition(".")
        with keras.name_scope(layer):
            variables.append(keras.Variable(value, name=last))
    assert [v.path for v in variables] == [path.replace(".", "/") for path in start]
    for step in range(steps):
        optimizer.apply([torch.tensor(g) for g in cases.gradients(step).values()], variables)
    return {path: v.numpy() for path, v in zip(start, variables, strict=True)}


@pytest.mark.parametrize(("name", "arguments"), cases.CASES + cases.SHARED, ids=cases.case_id)
def test_twenty_steps_are_those_of_keras(name: str, arguments: dict[str, Any]) -> None:
    params = cases.parameters()
    optimizer = cases.make(name, arguments)
    optimizer.build(params.items())
    cases.train(optimizer, params)
    expected = keras_weights(name, arguments)
    if name == "Muon":
        # Newton-Schulz steps multiply the roundings of small singular values by up to 3.4^5.
        cases.assert_close(cases.values(params), expected, rounding=1e-5, share=1e-3)
    else:
        # Keras computes 1 - beta^t in float32: for 0.999 and t = 1 that is off by 5e-5, its root,
        # a factor of the step, by half as much.
        cases.assert_close(cases.values(params), expected, of_rate=2.5e-5)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_arguments_and_defaults_are_those_of_keras(name: str) -> None:
    theirs = inspect.signature(getattr(keras.optimizers, name).__init__).parameters
    ours = inspect.signature(OPTIMIZERS[name]).parameters
    expected = {key: p.default for key, p in theirs.items() if key not in ("self", "kwargs")}
    found = {key: p.default for key, p in ours.items()}
    for extra in OURS_ONLY.get(name, set()):
        del found[extra]
    assert found == expected
    positional = [k for k, p in ours.items() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == list(expected)[: len(positional)]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_a_config_of_keras_makes_the_same_optimizer(name: str) -> None:
    config = getattr(keras.optimizers, name)(learning_rate=0.25, clipnorm=2.0).get_config()
    found = OPTIMIZERS[name].from_config(config).get_config()
    for extra in OURS_ONLY.get(name, set()):
        del found[extra]
    assert found == config


def test_what_keras_serializes_with_a_schedule_is_understood() -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    written = keras.optimizers.serialize(keras.optimizers.SGD(schedule))
    optimizer = optimizers.deserialize(written)
    assert isinstance(optimizer, optimizers.SGD)
    assert isinstance(optimizer.schedule, optimizers.schedules.CosineDecay)
    assert optimizer.schedule.get_config() == schedule.get_config()


def test_a_schedule_object_of_keras_can_be_the_learning_rate() -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, 10, 0.5)
    optimizer = optimizers.SGD(schedule)
    params = cases.parameters()
    optimizer.build(params.items())
    cases.train(optimizer, params, range(10))
    assert optimizer.learning_rate == pytest.approx(0.25)


@pytest.mark.parametrize("var_names", [["bias"], ["^kernel"]])
def test_exclusion_from_weight_decay_is_that_of_keras(var_names: list[str]) -> None:
    ours, theirs = optimizers.AdamW(weight_decay=5.0), keras.optimizers.AdamW(weight_decay=5.0)
    params = {n: torch.nn.Parameter(torch.ones(3)) for n in ("dense.kernel", "dense.bias")}
    variables = [keras.Variable(np.ones(3, "float32"), name=n) for n in ("kernel", "bias")]
    ours.exclude_from_weight_decay(var_names=var_names)
    theirs.exclude_from_weight_decay(var_names=var_names)
    ours.build(params.items())
    for _ in range(5):
        theirs.apply([torch.ones(3), torch.ones(3)], variables)
        for p in params.values():
            p.grad = torch.ones(3)
        ours.step()
    for p, variable in zip(params.values(), variables, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), variable.numpy(), rtol=1e-6)
    assert abs(params["dense.kernel"][0].item() - params["dense.bias"][0].item()) > 0.01


def test_a_parameter_without_a_gradient_is_left_alone_as_in_keras() -> None:
    params = cases.parameters()
    ours = optimizers.Adam(weight_decay=0.1)
    ours.build(params.items())
    theirs = keras.optimizers.Adam(weight_decay=0.1)
    variables = [keras.Variable(w) for w in cases.weights().values()]
    theirs.build(variables)
    for step in range(6):
        grads = [torch.tensor(g) for g in cases.gradients(step).values()]
        if step in (2, 3):
            grads[1] = grads[3] = None
        for p, g in zip(params.values(), grads, strict=True):
            p.grad = g
        warned = pytest.warns(UserWarning, match="Gradients do not exist")
        with warned if step in (2, 3) else contextlib.nullcontext():
            theirs.apply(grads, variables)
        ours.step()
    expected = {name: v.numpy() for name, v in zip(params, variables, strict=True)}
    cases.assert_close(cases.values(params), expected)


def test_final_averages_are_those_of_keras() -> None:
    params = cases.parameters()
    ours = optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    ours.build(params.items())
    cases.train(ours, params)
    ours.finalize_ema()
    theirs = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    variables = [keras.Variable(w) for w in cases.weights().values()]
    for step in range(20):
        theirs.apply([torch.tensor(g) for g in cases.gradients(step).values()], variables)
    theirs.finalize_variable_values(variables)
    expected = {name: v.numpy() for name, v in zip(params, variables, strict=True)}
    cases.assert_close(cases.values(params), expected)
