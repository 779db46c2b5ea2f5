"""Activations against their formulas, value by value."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate.graph.named import Named, from_json, to_json
from striate.ops import activations

pytestmark = pytest.mark.torch

Formula = Callable[[float], float]


def sigmoid(v: float) -> float:
    return 1 / (1 + math.exp(-v))


def normal(v: float) -> float:
    return (1 + math.erf(v / math.sqrt(2))) / 2


def clip(v: float, low: float, high: float) -> float:
    return min(max(v, low), high)


SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
FORMULAS: list[tuple[str, dict[str, Any], Formula]] = [
    ("linear", {}, lambda v: v),
    ("relu", {}, lambda v: max(0.0, v)),
    ("relu", {"max_value": 1.5}, lambda v: clip(v, 0.0, 1.5)),
    ("relu", {"negative_slope": 0.3}, lambda v: v if v > 0 else 0.3 * v),
    ("relu", {"threshold": 0.7}, lambda v: v if v > 0.7 else 0.0),
    ("relu6", {}, lambda v: clip(v, 0.0, 6.0)),
    ("leaky_relu", {}, lambda v: v if v > 0 else 0.2 * v),
    ("elu", {"alpha": 0.5}, lambda v: v if v > 0 else 0.5 * math.expm1(v)),
    ("celu", {"alpha": 0.5}, lambda v: v if v > 0 else 0.5 * math.expm1(v / 0.5)),
    ("selu", {}, lambda v: SCALE * (v if v > 0 else ALPHA * math.expm1(v))),
    ("gelu", {}, lambda v: v * normal(v)),
    (
        "gelu",
        {"approximate": True},
        lambda v: v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) / 2,
    ),
    ("silu", {}, lambda v: v * sigmoid(v)),
    ("mish", {}, lambda v: v * math.tanh(math.log1p(math.exp(v)))),
    ("softplus", {}, lambda v: math.log1p(math.exp(v))),
    ("squareplus", {"b": 2.0}, lambda v: (v + math.sqrt(v * v + 2.0)) / 2),
    ("sparse_plus", {}, lambda v: 0.0 if v <= -1 else v if v >= 1 else (v + 1) ** 2 / 4),
    ("softsign", {}, lambda v: v / (1 + abs(v))),
    ("tanh", {}, math.tanh),
    ("hard_tanh", {}, lambda v: clip(v, -1.0, 1.0)),
    ("sigmoid", {}, sigmoid),
    ("log_sigmoid", {}, lambda v: math.log(sigmoid(v))),
    ("sparse_sigmoid", {}, lambda v: clip((v + 1) / 2, 0.0, 1.0)),
    ("hard_sigmoid", {}, lambda v: clip(v / 6 + 0.5, 0.0, 1.0)),
    ("hard_silu", {}, lambda v: v * clip(v / 6 + 0.5, 0.0, 1.0)),
    ("hard_shrink", {"threshold": 0.7}, lambda v: v if abs(v) > 0.7 else 0.0),
    ("soft_shrink", {"threshold": 0.7}, lambda v: math.copysign(max(abs(v) - 0.7, 0.0), v)),
    ("tanh_shrink", {}, lambda v: v - math.tanh(v)),
    ("threshold", {"threshold": 0.7, "default_value": -2.0}, lambda v: v if v > 0.7 else -2.0),
    ("exponential", {}, math.exp),
]
POINTS = [*np.linspace(-8.0, 8.0, 81).tolist(), 0.7, -0.7, 1e-3, -1e-3]


@pytest.mark.parametrize(
    ("name", "arguments", "formula"),
    FORMULAS,
    ids=[f"{name}-{given}" for name, given, _ in FORMULAS],
)
def test_an_activation_is_its_formula(
    name: str, arguments: dict[str, Any], formula: Formula
) -> None:
    x = torch.tensor(POINTS, dtype=torch.float64)
    out = getattr(activations, name)(x, **arguments)
    wanted = [formula(v) for v in POINTS]
    np.testing.assert_allclose(out.numpy(), wanted, rtol=1e-9, atol=1e-12)


def test_every_activation_of_single_values_has_a_formula_here() -> None:
    assert {f.__name__ for f, _ in activations.ELEMENTWISE} == {name for name, *_ in FORMULAS}


@pytest.mark.parametrize("name", ["softplus", "log_sigmoid", "mish", "silu", "squareplus", "tanh"])
def test_far_values_stay_finite(name: str) -> None:
    x = torch.tensor([-1e4, -100.0, 100.0, 1e4], requires_grad=True)
    out = getattr(activations, name)(x)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert torch.isfinite(x.grad).all()


def projection(row: np.ndarray) -> np.ndarray:
    """The nearest point of the simplex: every support is tried, the one that fits is it."""
    order = np.argsort(-row)
    for size in range(len(row), 0, -1):
        threshold = (row[order[:size]].sum() - 1) / size
        if row[order[size - 1]] > threshold:
            return np.maximum(row - threshold, 0)
    raise AssertionError(row)


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_sparsemax_is_the_nearest_point_of_the_simplex(axis: int) -> None:
    x = np.random.default_rng(0).normal(size=(4, 5, 6))
    out = activations.sparsemax(torch.from_numpy(x), axis).numpy()
    np.testing.assert_allclose(out, np.apply_along_axis(projection, axis, x), atol=1e-12)
    np.testing.assert_allclose(out.sum(axis), 1.0)


@pytest.mark.parametrize("axis", [-1, 1, (0, 2)], ids=str)
def test_softmax_adds_up_to_one_over_its_axes(axis: int | tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(4, 5, 6))
    out = activations.softmax(torch.from_numpy(x), axis).numpy()
    np.testing.assert_allclose(out, np.exp(x) / np.exp(x).sum(axis, keepdims=True))


def test_glu_gates_one_half_with_the_other() -> None:
    x = np.random.default_rng(0).normal(size=(4, 6))
    out = activations.glu(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(out, x[:, :3] / (1 + np.exp(-x[:, 3:])))


def test_arguments_are_data_that_come_back() -> None:
    function = functools.partial(activations.softmax, axis=(1, 2))
    name = activations.named(function, activations.get(function))
    assert name == Named("softmax", name.config)
    again = activations.get(from_json(to_json(name)))
    x = torch.randn(2, 3, 4)
    assert torch.equal(again(x), function(x))


def test_a_function_of_the_users_is_theirs_even_under_a_known_name() -> None:
    def relu(x: torch.Tensor) -> torch.Tensor:
        return x

    assert activations.named(relu, activations.get(relu)) == Named("relu", custom=True)
    assert not activations.of_each_value(relu)
