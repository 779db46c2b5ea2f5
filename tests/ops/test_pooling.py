"""Poolings against their slow definitions, and the faster forms against the clear ones."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from striate.graph import window
from striate.ops import pooling
from striate.ops.layout import to_external, to_internal
from tests import oracle

pytestmark = pytest.mark.torch

RANKS = pytest.mark.parametrize("rank", [1, 2, 3])


def numbers(seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def drawn(seed: int, rank: int) -> tuple[torch.Tensor, tuple, tuple, str]:
    """A map and windows that fit it."""
    rng = np.random.default_rng([seed, rank])
    size = rng.integers(1, (14, 9, 6)[rank - 1], rank)
    kernel = rng.integers(1, (7, 5, 4)[rank - 1], rank)
    padding = "same" if (kernel > size).any() else ("same", "valid")[int(rng.integers(2))]
    x = numbers(seed, 2, *size, 2)
    return x, tuple(map(int, kernel)), tuple(map(int, rng.integers(1, 5, rank))), padding


@RANKS
@pytest.mark.parametrize(
    ("pool", "reduce"),
    [
        (pooling.max_pool, np.max),
        (pooling.min_pool, np.min),
        (pooling.average_pool, np.mean),
        (functools.partial(pooling.lp_pool, p=2.0), np.linalg.norm),
        (functools.partial(pooling.lp_pool, p=3.0), lambda a: (abs(a) ** 3).sum() ** (1 / 3)),
        (functools.partial(pooling.lp_pool, p=1.0), lambda a: abs(a).sum()),
        (
            functools.partial(pooling.stochastic_pool, training=False),
            lambda a: (a.clip(0) ** 2).sum() / max(a.clip(0).sum(), 1e-30),
        ),
    ],
    ids=["max", "min", "average", "l2", "l3", "l1", "stochastic"],
)
def test_windows_are_reduced_as_defined(pool, reduce, rank: int) -> None:
    for seed in range(25):
        x, kernel, strides, padding = drawn(seed, rank)
        ours = pool(to_internal(x), size=kernel, strides=strides, padding=padding)
        wanted = oracle.pool(x.numpy(), kernel, strides, padding, reduce)
        np.testing.assert_allclose(to_external(ours).numpy(), wanted, rtol=1e-9, atol=1e-12)


@RANKS
@pytest.mark.parametrize("average", [False, True])
def test_bins_are_those_of_the_formula(rank: int, average: bool) -> None:
    pool = pooling.adaptive_average_pool if average else pooling.adaptive_max_pool
    reduce = torch.mean if average else torch.amax
    for seed in range(20):
        x = drawn(seed, rank)[0]
        rng = np.random.default_rng(seed)
        size = tuple(int(n) for n in rng.integers(1, 6, rank))
        ours = to_external(pool(to_internal(x), size))
        bins = [window.adaptive_bins(n, m) for n, m in zip(x.shape[1:-1], size, strict=True)]
        for at in np.ndindex(size):
            box = tuple(slice(*axis[i]) for axis, i in zip(bins, at, strict=True))
            wanted = reduce(x[(slice(None), *box)], dim=tuple(range(1, rank + 1)))
            torch.testing.assert_close(ours[(slice(None), *at)], wanted)


def test_bins_cover_an_axis_without_a_gap() -> None:
    for n in range(1, 20):
        for m in range(1, 12):
            bins = window.adaptive_bins(n, m)
            assert bins[0][0] == 0
            assert bins[-1][1] == n
            assert all(0 <= end - start <= math.ceil(n / m) + 1 for start, end in bins)
            assert all(b[0] <= a[1] for a, b in itertools.pairwise(bins))


@RANKS
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_a_blur_is_a_convolution_with_pascal_s_triangle(rank: int, kernel: int) -> None:
    x = numbers(kernel, 2, *(7, 6, 5)[:rank], 3)
    strides = (2, 1, 3)[:rank]
    row = np.array([math.comb(kernel - 1, i) for i in range(kernel)]) / 2.0 ** (kernel - 1)
    cube = functools.reduce(np.multiply.outer, [row] * rank)
    sides = [((kernel - 1) // 2, kernel // 2)] * rank
    mirrored = np.pad(x.numpy(), [(0, 0), *sides, (0, 0)], mode="reflect")
    filters = np.zeros((*cube.shape, 3, 3))
    for channel in range(3):
        filters[..., channel, channel] = cube
    wanted = oracle.conv(mirrored, filters, None, strides, "valid", (1,) * rank)
    ours = pooling.blur_pool(to_internal(x), pooling.binomial(kernel).double(), strides)
    np.testing.assert_allclose(to_external(ours).numpy(), wanted, atol=1e-12)
    assert tuple(ours.shape[2:]) == tuple(
        math.ceil(n / s) for n, s in zip(x.shape[1:-1], strides, strict=True)
    )


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_channels_are_reduced_as_defined(padding: str) -> None:
    for size, stride in ((1, 1), (2, 2), (3, 1), (3, 2), (2, 3), (5, 4)):
        x = numbers(size, 2, 3, 7)
        row = x.reshape(1, 1, 6, 7).permute(0, 3, 1, 2).reshape(1, 7, 6)  # channels as a sequence
        for ours, reduce in (
            (pooling.channel_max_pool, np.max),
            (pooling.channel_average_pool, np.mean),
        ):
            wanted = oracle.pool(row.numpy(), (size,), (stride,), padding, reduce)
            found = to_external(ours(to_internal(x), size, stride, padding))
            np.testing.assert_allclose(found.reshape(6, -1).T.numpy(), wanted[0], atol=1e-12)


def test_places_are_where_the_largest_values_stand() -> None:
    for seed in range(25):
        x, kernel, strides, padding = drawn(seed, 2)
        values, places = pooling.max_pool_with_argmax(to_internal(x), kernel, strides, padding)
        flat = to_internal(x).flatten(2)
        found = flat.gather(2, places.flatten(2)).reshape(values.shape)
        assert torch.equal(found, values)
        assert torch.equal(values, pooling.max_pool(to_internal(x), kernel, strides, padding))


def test_unpooling_is_torch_s() -> None:
    x = to_internal(numbers(0, 2, 6, 8, 3))
    values, places = pooling.max_pool_with_argmax(x, (2, 2), (2, 2), "valid")
    ours = pooling.max_unpool(values, places, (6, 8))
    assert torch.equal(ours, F.max_unpool2d(values, places, 2))
    assert torch.equal(ours == 0, ours != x)


def test_a_window_of_zeros_has_a_norm_without_nan_in_its_gradient() -> None:
    for p in (2.0, 3.0):
        x = torch.zeros(1, 1, 2, 4, requires_grad=True)
        out = pooling.lp_pool(x, p, (2, 2), (2, 2), "valid")
        out.sum().backward()
        assert torch.equal(out, torch.zeros(1, 1, 1, 2))
        assert x.grad is not None
        assert torch.equal(x.grad, torch.zeros_like(x))


def test_the_pyramid_lays_level_after_level() -> None:
    x = numbers(0, 2, 13, 13, 3)
    ours = pooling.pyramid_pool(to_internal(x), (3, 1), average=False)
    assert ours.shape == (2, 3 * (9 + 1))
    # He et al. (2014), section 2.3: on 13 by 13 windows of ceil(13 / 3) with steps of floor(13 / 3)
    paper = pooling.max_pool(to_internal(x), (5, 5), (4, 4), "valid")
    assert torch.equal(ours[:, :27].reshape(2, 3, 3, 3), to_external(paper))
    assert torch.equal(ours[:, 27:], x.amax((1, 2)))


def test_drawn_values_have_the_odds_of_the_paper() -> None:
    x = torch.tensor([1.0, 2.0, 5.0, -3.0]).reshape(1, 1, 4).expand(20_000, 1, 4)
    source = torch.Generator().manual_seed(0)
    out = pooling.stochastic_pool(x, (4,), (4,), "valid", True, source).flatten()
    shares = [float((out == value).float().mean()) for value in (1.0, 2.0, 5.0, -3.0)]
    np.testing.assert_allclose(shares, [1 / 8, 2 / 8, 5 / 8, 0], atol=0.01)
    mean = pooling.stochastic_pool(x[:1], (4,), (4,), "valid", False)
    assert float(mean) == pytest.approx((1 + 4 + 25) / 8)


def test_a_window_without_a_positive_value_gives_zero() -> None:
    x = -torch.ones(1, 1, 4)
    for training in (True, False):
        out = pooling.stochastic_pool(x, (4,), (4,), "valid", training)
        assert out.tolist() == [[[0.0]]]
