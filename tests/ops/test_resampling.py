"""Maps of another size, against slow definitions and Keras's NumPy backend."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from striate.graph import window
from striate.ops import resampling
from striate.ops.layout import to_external, to_internal
from tests import oracle

pytestmark = pytest.mark.torch


def sinc(t: float) -> float:
    return math.sin(math.pi * t) / (math.pi * t) if t else 1.0


def keys(t: float) -> float:
    if t < 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


KERNELS = {
    "bilinear": lambda t: max(0.0, 1 - t),
    "bicubic": keys,
    "lanczos3": lambda t: sinc(t) * sinc(t / 3) if t < 3 else 0.0,
    "lanczos5": lambda t: sinc(t) * sinc(t / 5) if t < 5 else 0.0,
}
SIZES = [
    ((5, 6), (7, 4)),
    ((9, 4), (3, 11)),
    ((1, 8), (3, 8)),
    ((6, 6), (12, 18)),
    ((13, 7), (4, 2)),
]


def numbers(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=shape))


@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("interpolation", list(KERNELS))
def test_interpolation_is_a_weighted_mean_by_distance(interpolation: str, antialias: bool) -> None:
    for size, wanted in SIZES:
        x = numbers(2, *size, 3)
        slow = oracle.resize(x.numpy(), wanted, KERNELS[interpolation], antialias)
        ours = resampling.resize(to_internal(x), wanted, interpolation, antialias)
        np.testing.assert_allclose(to_external(ours).numpy(), slow, atol=1e-6)
        clear = resampling.by_matrices(to_internal(x), wanted, interpolation, antialias)
        np.testing.assert_allclose(to_external(clear).numpy(), slow, atol=1e-12)


def test_the_nearest_pixel_is_found_in_exact_arithmetic() -> None:
    for n in range(1, 25):
        for m in range(1, 25):
            x = torch.arange(n, dtype=torch.int64).reshape(1, 1, n, 1)
            found = resampling.resize(x, (m, 1), "nearest").flatten().tolist()
            assert found == [math.floor((2 * i + 1) * n / (2 * m) + 1e-9) for i in range(m)]


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_repetition_by_torch_and_by_view_are_the_same(rank: int) -> None:
    x = to_internal(numbers(2, *(5, 3, 4)[:rank], 3))
    factors = (2, 3, 1)[:rank]
    wanted = to_external(x)
    for axis, factor in enumerate(factors, 1):
        wanted = wanted.repeat_interleave(factor, dim=axis)
    for found in (resampling.repeat(x, factors), resampling.repeat_by_view(x, factors)):
        assert torch.equal(to_external(found), wanted)
    whole = (x * 100).long()
    assert torch.equal(
        resampling.repeat(whole, factors), (resampling.repeat(x, factors) * 100).long()
    )


def test_whole_numbers_are_rounded_and_stay_within_their_type() -> None:
    x = torch.tensor([0, 255, 0, 255], dtype=torch.uint8).reshape(1, 1, 1, 4)
    found = resampling.resize(x, (1, 8), "bicubic")
    assert found.dtype == torch.uint8
    exact = resampling.resize(x.float(), (1, 8), "bicubic")
    assert float(exact.min()) < 0
    assert torch.equal(found.float(), exact.round().clamp(0, 255))


def test_channels_and_pixels_change_places_as_in_tensorflow_and_in_torch() -> None:
    x = to_internal(numbers(2, 3, 4, 18))
    assert torch.equal(resampling.depth_to_space(x, 3, "CRD"), F.pixel_shuffle(x, 3))
    dcr = to_external(resampling.depth_to_space(x, 3, "DCR"))
    for i, j, c in np.ndindex(3, 3, 2):
        assert torch.equal(dcr[:, i::3, j::3, c], to_external(x)[..., (i * 3 + j) * 2 + c])
    for mode in ("DCR", "CRD"):
        back = resampling.space_to_depth(resampling.depth_to_space(x, 3, mode), 3, mode)
        assert torch.equal(back, x)


def test_boxes_of_an_aspect_ratio() -> None:
    assert window.aspect_box((340, 500), (200, 200)) == ((0, 0), (80, 80))
    assert window.aspect_box((5, 9), (10, 10)) == ((0, 0), (2, 2))
    assert window.aspect_box((8, 3), (2, 3)) == ((3, 3), (0, 0))
    assert window.aspect_box((1, 1), (1, 50)) == ((0, 0), (0, 0))
    assert window.aspect_border((4, 9), (5, 5)) == ((2, 2), (0, 0))  # the odd row is not added
