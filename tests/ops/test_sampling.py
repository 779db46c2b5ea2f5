from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.ops.sampling import FAR, sample
from tests import image_oracle

pytestmark = pytest.mark.torch

FILL_MODES = ["constant", "reflect", "mirror", "nearest", "wrap"]


def images(*shape: int, dtype: str = "float32") -> torch.Tensor:
    values = np.random.default_rng(0).uniform(0, 255, shape).astype(dtype)
    return torch.from_numpy(values).permute(0, 3, 1, 2)


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("fill_mode", FILL_MODES)
@pytest.mark.parametrize("shape", [(2, 4, 5, 3), (1, 1, 3, 1), (3, 5, 2, 2)])
def test_a_place_shows_what_the_definition_says(
    shape: tuple[int, ...], fill_mode: str, interpolation: str
) -> None:
    x = images(*shape)
    rng = np.random.default_rng(1)
    rows, columns = rng.uniform(-9, 12, (2, shape[0], 3, 4)).astype("float32")
    how = (interpolation, fill_mode, 7.0)
    out = sample(x, torch.from_numpy(rows), torch.from_numpy(columns), *how).permute(0, 2, 3, 1)
    wanted = np.zeros(out.shape)
    for n, i, j in np.ndindex(*rows.shape):
        image = x.permute(0, 2, 3, 1)[n].numpy()
        wanted[n, i, j] = image_oracle.look(image, rows[n, i, j], columns[n, i, j], *how)
    np.testing.assert_allclose(out.numpy(), wanted, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("fill_mode", image_oracle.BORDERS)
def test_the_border_is_the_documented_picture(fill_mode: str) -> None:
    x = torch.arange(4.0).view(1, 1, 1, 4)
    columns = torch.arange(-4.0, 8.0).view(1, 1, 12)
    out = sample(x, torch.zeros_like(columns), columns, "nearest", fill_mode)
    picture = image_oracle.BORDERS[fill_mode].replace("|", "")
    shown = ["abcd"[int(v)] for v in out.flatten()]
    assert all(a == b for a, b in zip(shown, picture, strict=True) if b != ".")


@pytest.mark.parametrize("fill_mode", FILL_MODES)
def test_a_place_on_a_pixel_gives_its_value_to_the_last_bit(fill_mode: str) -> None:
    x = images(2, 7, 6, 3)
    row, column = torch.meshgrid(torch.arange(7.0), torch.arange(6.0), indexing="ij")
    out = sample(x, row.expand(2, 7, 6), column.expand(2, 7, 6), fill_mode=fill_mode, fill_value=9)
    assert torch.equal(out, x)


def test_the_layout_stays_channels_last() -> None:
    x = images(2, 7, 6, 3)
    places = torch.rand(2, 4, 4)
    out = sample(x, places, places)
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_places_far_outside_are_no_error() -> None:
    x = images(1, 3, 3, 1)
    far = torch.full((1, 1, 1), 1e30)
    assert sample(x, far, -far, fill_mode="constant", fill_value=5.0).item() == 5.0
    assert sample(x, far, -far, fill_mode="nearest").item() == x[0, 0, 2, 0].item()
    assert FAR < 2**24  # where float32 no longer knows whole pixels


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_the_number_type_stays(dtype: torch.dtype) -> None:
    x = images(1, 4, 4, 2).to(dtype)
    assert sample(x, torch.rand(1, 2, 2), torch.rand(1, 2, 2)).dtype == dtype


def test_gradients_reach_images_and_places() -> None:
    x = images(2, 3, 4, 2, dtype="float64").contiguous().requires_grad_()
    places = torch.from_numpy(np.random.default_rng(3).uniform(0.1, 1.9, (2, 2, 3, 3)))
    places = (places.floor() + 0.2 + 0.5 * places.frac()).requires_grad_()

    def function(x: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        return sample(x, places[0], places[1], fill_mode="constant", fill_value=3.0)

    assert torch.autograd.gradcheck(function, (x, places), fast_mode=True)
