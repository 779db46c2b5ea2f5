from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from striate.ops import geometry
from tests import image_oracle

pytestmark = pytest.mark.torch

HEIGHT, WIDTH = 6, 5
CENTRE = (HEIGHT - 1) / 2, (WIDTH - 1) / 2
ANGLE, DOWN, RIGHT = [0.4, -2.0], [1.5, -0.75], [-2.25, 0.5]
TALL, WIDE, SLANT_X, SLANT_Y = [1.3, 0.6], [0.7, 2.0], [0.3, -0.2], [0.1, 0.4]


def tensors(*values: list[float]) -> list[torch.Tensor]:
    return [torch.tensor(v, dtype=torch.float64) for v in values]


def turned(n: int, row: int, column: int) -> tuple[float, float]:
    # the picture turns counterclockwise, so a place shows what is clockwise of it
    y, x = CENTRE[0] - row, column - CENTRE[1]
    cos, sin = math.cos(-ANGLE[n]), math.sin(-ANGLE[n])
    return CENTRE[0] - (sin * x + cos * y), CENTRE[1] + cos * x - sin * y


PLACES: dict[str, tuple[torch.Tensor, Callable[[int, int, int], tuple[float, float]]]] = {
    "rotation": (geometry.rotation(*tensors(ANGLE), HEIGHT, WIDTH), turned),
    "translation": (
        geometry.translation(*tensors(RIGHT, DOWN)),
        lambda n, row, column: (row - DOWN[n], column - RIGHT[n]),
    ),
    "zoom": (
        geometry.zoom(*tensors(TALL, WIDE), HEIGHT, WIDTH),
        lambda n, row, column: (
            CENTRE[0] + TALL[n] * (row - CENTRE[0]),
            CENTRE[1] + WIDE[n] * (column - CENTRE[1]),
        ),
    ),
    "shear": (
        geometry.shear(*tensors(SLANT_X, SLANT_Y)),
        lambda n, row, column: (row + SLANT_Y[n] * column, column + SLANT_X[n] * row),
    ),
}


def images(count: int = 2) -> torch.Tensor:
    values = np.random.default_rng(0).uniform(0, 1, (count, HEIGHT, WIDTH, 2))
    return torch.from_numpy(values).permute(0, 3, 1, 2)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", ["constant", "reflect", "nearest", "wrap"])
@pytest.mark.parametrize("name", PLACES)
def test_a_transformation_shows_the_places_of_its_definition(
    name: str, fill_mode: str, interpolation: str
) -> None:
    matrices, place = PLACES[name]
    x = images()
    out = geometry.warp(x, matrices, interpolation, fill_mode, 0.5).permute(0, 2, 3, 1)
    nhwc = x.permute(0, 2, 3, 1).numpy()
    how = {"interpolation": interpolation, "fill_mode": fill_mode, "fill_value": 0.5}
    wanted = image_oracle.moved(nhwc, place, **how)
    np.testing.assert_allclose(out.numpy(), wanted, atol=1e-9)


def test_a_homography_shows_the_four_points_where_they_should_be() -> None:
    start = geometry.corners(images()).double().expand(2, 4, 2)
    end = start + torch.from_numpy(np.random.default_rng(2).uniform(-0.9, 0.9, (2, 4, 2)))
    matrices = geometry.homography(start, end)
    ones = torch.ones(2, 4, 1, dtype=torch.float64)
    shown = torch.cat([end, ones], dim=2) @ matrices.transpose(1, 2)
    torch.testing.assert_close(shown[..., :2] / shown[..., 2:], start)


def test_a_projective_warp_divides_by_the_depth() -> None:
    matrices = torch.tensor([[[1.1, 0.2, 0.1], [0.0, 0.9, 0.3], [0.05, 0.02, 1.0]]]).double()

    def place(n: int, row: int, column: int) -> tuple[float, float]:
        depth = 0.05 * column + 0.02 * row + 1
        return (0.9 * row + 0.3) / depth, (1.1 * column + 0.2 * row + 0.1) / depth

    x = images(1)
    out = geometry.warp(x, matrices, fill_mode="constant").permute(0, 2, 3, 1)
    wanted = image_oracle.moved(x.permute(0, 2, 3, 1).numpy(), place, fill_mode="constant")
    np.testing.assert_allclose(out.numpy(), wanted, atol=1e-6)  # the matrix is of float32


def test_the_horizon_of_a_projective_warp_is_no_number_gone_wrong() -> None:
    matrices = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-0.5, 0.0, 1.0]]])
    out = geometry.warp(images(1).float(), matrices, fill_mode="constant")
    assert torch.isfinite(out).all()


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
def test_an_elastic_field_is_the_blurred_noise(interpolation: str) -> None:
    x = images()
    rng = np.random.default_rng(4)
    noise, strength, sigma = rng.normal(size=(2, 2, HEIGHT, WIDTH)), [2.0, 1.0], [0.6, 1.1]
    field = (torch.from_numpy(noise), *tensors(strength, sigma))
    out = geometry.elastic(x, *field, 5, interpolation, "mirror").permute(0, 2, 3, 1)
    moves = np.zeros((2, HEIGHT, WIDTH, 2))
    for n in range(2):
        window = np.outer(*[image_oracle.bell(5, sigma[n])] * 2)
        moves[n] = image_oracle.correlated(noise[n].transpose(1, 2, 0), window)
        moves[n] *= strength[n] * sigma[n]
    wanted = image_oracle.moved(
        x.permute(0, 2, 3, 1).numpy(),
        lambda n, row, column: (row + moves[n, row, column, 1], column + moves[n, row, column, 0]),
        interpolation=interpolation,
        fill_mode="mirror",
    )
    np.testing.assert_allclose(out.numpy(), wanted, atol=1e-9)
