from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.ops import filters
from tests import image_oracle

pytestmark = pytest.mark.torch


def images(*shape: int) -> torch.Tensor:
    values = np.random.default_rng(0).uniform(0, 1, shape)
    return torch.from_numpy(values).permute(0, 3, 1, 2)


@pytest.mark.parametrize("size", [(3, 3), (5, 1), (9, 7)])
def test_each_image_is_blurred_by_its_own_window(size: tuple[int, int]) -> None:
    x = images(2, 6, 5, 3)
    down, across = [0.5, 1.4], [2.0, 0.3]
    out = filters.gaussian_blur(x, size, torch.tensor(down).double(), torch.tensor(across).double())
    for n in range(2):
        window = np.outer(
            image_oracle.bell(size[0], down[n]), image_oracle.bell(size[1], across[n])
        )
        wanted = image_oracle.correlated(x[n].permute(1, 2, 0).numpy(), window)
        np.testing.assert_allclose(out[n].permute(1, 2, 0).numpy(), wanted, atol=1e-12)
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_a_blur_of_no_width_changes_nothing() -> None:
    x = images(1, 4, 4, 1)
    assert torch.equal(filters.gaussian_blur(x, (5, 5), torch.zeros(1), torch.zeros(1)), x)


def test_planes_are_blurred_as_images_are() -> None:
    x, sigma = images(3, 7, 6, 2), torch.tensor([0.4, 1.0, 3.0]).double()
    planes = filters.blur_planes(x.contiguous(), sigma, 5)
    torch.testing.assert_close(planes, filters.gaussian_blur(x, (5, 5), sigma, sigma))


def test_smoothing_counts_the_middle_five_times() -> None:
    x = images(2, 5, 4, 3)
    window = np.full((3, 3), 1 / 13)
    window[1, 1] = 5 / 13
    for n, out in enumerate(filters.smooth(x)):
        wanted = image_oracle.correlated(x[n].permute(1, 2, 0).numpy(), window)
        np.testing.assert_allclose(out.permute(1, 2, 0).numpy(), wanted, atol=1e-12)


def test_gradients_pass_a_blur() -> None:
    x = images(2, 4, 3, 2).contiguous().requires_grad_()
    sigma = torch.tensor([0.5, 1.0]).double()
    assert torch.autograd.gradcheck(
        lambda x: filters.smooth(filters.gaussian_blur(x, (5, 3), sigma, sigma)), (x,)
    )
