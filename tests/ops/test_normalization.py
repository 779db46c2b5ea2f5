"""Normalisations against their slow definitions in `tests/oracle.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from striate import layers
from striate.ops import normalization
from tests import oracle

pytestmark = pytest.mark.torch


def example(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(2.0, 3.0, size=shape).astype("float32")


def answer(layer: layers.Layer, x: np.ndarray, seed: int = 1) -> tuple[np.ndarray, list[Any]]:
    """What a layer with random weights gives, and the weights."""
    layer.build(x.shape)
    rng = np.random.default_rng(seed)
    layer.set_weights([rng.normal(size=tuple(w.shape)) for w in layer.weights])
    return layer(x).detach().numpy(), layer.get_weights()


def spread(weight: np.ndarray, axes: tuple[int, ...], x: np.ndarray) -> np.ndarray:
    return weight.reshape([n if a in axes else 1 for a, n in enumerate(x.shape)])


@pytest.mark.parametrize("axes", [(1,), (2,), (3,), (1, 2), (1, 3), (2, 3), (1, 2, 3)], ids=str)
def test_layer_normalization_is_its_definition(axes: tuple[int, ...]) -> None:
    x = example(2, 3, 4, 5)
    out, (gamma, beta) = answer(layers.LayerNormalization(axes, epsilon=0.1), x)
    wanted = oracle.standardized(x, axes, 0.1) * spread(gamma, axes, x) + spread(beta, axes, x)
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("axes", [(1,), (3,), (1, 2), (1, 3), (1, 2, 3)], ids=str)
def test_rms_normalization_is_its_definition(axes: tuple[int, ...]) -> None:
    x = example(2, 3, 4, 5)
    out, (scale,) = answer(layers.RMSNormalization(axes, epsilon=0.1), x)
    wanted = x / np.sqrt((x**2).mean(axes, keepdims=True) + 0.1) * spread(scale, axes, x)
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


def test_rms_scaling_divides_by_the_deviation_and_leaves_the_mean_in() -> None:
    x = example(2, 3, 4)
    out, (gamma,) = answer(layers.LayerNormalization(rms_scaling=True, epsilon=0.1), x)
    wanted = gamma * x / np.sqrt(x.var(-1, keepdims=True) + 0.1)
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 6), (2, 7, 6), (2, 3, 4, 6), (2, 3, 2, 3, 6)], ids=str)
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_normalization_is_its_definition(shape: tuple[int, ...], groups: int) -> None:
    x = example(*shape)
    out, (gamma, beta) = answer(layers.GroupNormalization(groups, epsilon=0.1), x)
    wanted = oracle.grouped(x, groups, 0.1) * gamma + beta
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(2, 7, 6), (2, 3, 4, 6), (2, 3, 2, 3, 6)], ids=str)
@pytest.mark.parametrize("groups", [1, 3, 6])
def test_both_forms_of_group_normalization_agree(shape: tuple[int, ...], groups: int) -> None:
    x = torch.from_numpy(example(*shape)).movedim(-1, 1)
    gamma, beta = torch.randn(6), torch.randn(6)
    fast = normalization.group_norm(x, groups, gamma, beta, 1e-3)
    clear = normalization.group_norm_by_moments(x, groups, gamma, beta, 1e-3)
    torch.testing.assert_close(fast, clear, rtol=1e-4, atol=1e-5)
    assert fast.stride() == x.stride()


@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 3, 4, 3)], ids=str)
def test_instance_normalization_is_its_definition(shape: tuple[int, ...]) -> None:
    x = example(*shape)
    out, (gamma, beta) = answer(layers.InstanceNormalization(epsilon=0.1), x)
    places = tuple(range(1, x.ndim - 1))
    wanted = oracle.standardized(x, places, 0.1) * gamma + beta
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("radius", [0, 1, 2, 9])
def test_local_response_normalization_is_the_formula_of_the_paper(radius: int) -> None:
    x = example(2, 3, 2, 7)
    layer = layers.LocalResponseNormalization(radius, bias=1.5, alpha=0.3, beta=0.6)
    wanted = oracle.local_response(x, radius, 1.5, 0.3, 0.6)
    np.testing.assert_allclose(layer(x).numpy(), wanted, rtol=1e-4, atol=1e-5)


def test_pytorchs_alpha_is_the_papers_times_the_width_of_the_window() -> None:
    x = torch.from_numpy(example(2, 3, 2, 7))
    ours = layers.LocalResponseNormalization(2, bias=2.0, alpha=1e-2, beta=0.75)(x)
    theirs = torch.nn.LocalResponseNorm(5, alpha=5e-2, beta=0.75, k=2.0)(x.permute(0, 3, 1, 2))
    torch.testing.assert_close(ours, theirs.permute(0, 2, 3, 1))


@pytest.mark.parametrize("shape", [(2, 7, 3), (2, 3, 4, 3)], ids=str)
def test_global_response_normalization_is_its_definition(shape: tuple[int, ...]) -> None:
    x = example(*shape)
    out, (gamma, beta) = answer(layers.GlobalResponseNormalization(epsilon=0.1), x)
    wanted = oracle.global_response(x, gamma, beta, 0.1)
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-5)


def test_global_response_normalization_starts_as_the_identity() -> None:
    x = example(2, 3, 4, 3)
    assert np.array_equal(layers.GlobalResponseNormalization()(x).detach().numpy(), x)


@pytest.mark.parametrize(
    "layer",
    [
        layers.LayerNormalization([1, 2]),
        layers.LayerNormalization(),
        layers.GroupNormalization(3),
        layers.GroupNormalization(3, scale=False),
        layers.RMSNormalization([1, 2]),
        layers.RMSNormalization(),
    ],
    ids=str,
)
def test_half_types_are_summed_in_float32(layer: layers.Layer) -> None:
    x = torch.from_numpy(example(2, 8, 8, 6))
    wide = layer(x)
    half = layer.to(torch.bfloat16)(x.to(torch.bfloat16))
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), wide, rtol=0.03, atol=0.03)
