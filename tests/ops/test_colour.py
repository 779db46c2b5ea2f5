from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.ops import colour
from tests import image_oracle

pytestmark = pytest.mark.torch

AMOUNTS = torch.tensor([0.2, 0.9])


def images(low: float = 0.0, high: float = 1.0, channels: int = 3) -> torch.Tensor:
    values = np.random.default_rng(0).uniform(low, high, (2, 4, 5, channels))
    values[0, 0, 0] = values[0, 0, 0, 0]  # grey has no hue
    values[1, 0, 0] = low  # and black no saturation
    return torch.from_numpy(values).permute(0, 3, 1, 2)


def as_shown(x: torch.Tensor) -> np.ndarray:
    assert x.is_contiguous(memory_format=torch.channels_last)
    return x.permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)])
def test_hue_turns_along_the_circle(low: float, high: float) -> None:
    x = images(low, high)
    wanted = image_oracle.in_hsv(
        (as_shown(x) - low) / (high - low), lambda n, h, s, v: ((h + AMOUNTS[n].item()) % 1, s, v)
    )
    out = as_shown(colour.turn_hue(x, AMOUNTS, (low, high)))
    np.testing.assert_allclose(out, wanted * (high - low) + low, atol=1e-5 * (high - low))


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 255.0), (-1.0, 1.0)])
def test_saturation_is_multiplied_up_to_full(low: float, high: float) -> None:
    x, factors = images(low, high), torch.tensor([0.3, 4.0])
    wanted = image_oracle.in_hsv(
        (as_shown(x) - low) / (high - low),
        lambda n, h, s, v: (h, min(1.0, s * factors[n].item()), v),
    )
    out = as_shown(colour.saturate(x, factors, (low, high)))
    np.testing.assert_allclose(out, wanted * (high - low) + low, atol=1e-5 * (high - low))


def test_a_whole_turn_and_a_factor_of_one_change_nothing() -> None:
    x = images()
    torch.testing.assert_close(colour.turn_hue(x, torch.tensor([1.0, 0.0]), (0.0, 1.0)), x)
    torch.testing.assert_close(colour.saturate(x, torch.ones(2), (0.0, 1.0)), x)


def test_each_image_has_its_own_amount() -> None:
    x = images(0, 255)
    shown = as_shown(x)
    means = shown.mean(axis=(1, 2), keepdims=True)
    grey = (shown * np.array([0.2989, 0.587, 0.114])).sum(axis=3, keepdims=True)
    amounts = AMOUNTS.double().numpy()[:, None, None, None]
    wanted = {
        "brighten": shown + amounts * 255,
        "change_contrast": (shown - means) * amounts + means,
        "fade": shown + amounts * (grey - shown),
    }
    for name, values in wanted.items():
        out = as_shown(getattr(colour, name)(x, AMOUNTS, (0.0, 255.0)))
        np.testing.assert_allclose(out, values.clip(0, 255), rtol=1e-6, atol=1e-4, err_msg=name)


def test_grey_images_are_their_own_luminance() -> None:
    x = images(channels=1)
    assert torch.equal(colour.luminance(x), x)
    assert torch.equal(colour.fade(x, AMOUNTS, (0.0, 1.0)), x)


@pytest.mark.parametrize("high", [1.0, 255.0])
def test_posterizing_keeps_the_highest_bits(high: float) -> None:
    x = torch.arange(256.0).div(255 / high).view(1, 1, 1, 256).expand(2, 1, 1, 256)
    out = colour.posterize(x, torch.tensor([1, 6]), (0.0, high)) / high * 255
    for n, bits in enumerate((1, 6)):
        whole = (x[n] / high * 255).floor().int().flatten().tolist()
        mask = 0xFF & ~((1 << (8 - bits)) - 1)
        assert out[n].flatten().round().int().tolist() == [v & mask for v in whole]


def test_solarizing_adds_clips_and_inverts() -> None:
    x = torch.tensor([[[[10.0, 100.0, 250.0]]]]).expand(2, 1, 1, 3)
    out = colour.solarize(x, torch.tensor([0.0, 20.0]), torch.tensor([101.0, 115.0]), (0.0, 255.0))
    assert out.flatten(1).tolist() == [[10.0, 100.0, 5.0], [30.0, 135.0, 0.0]]


def test_inverting_keeps_the_range() -> None:
    assert colour.invert(torch.tensor([-1.0, 0.5, 1.0]), (-1.0, 1.0)).tolist() == [1.0, -0.5, -1.0]


def test_sharpening_by_one_changes_nothing_and_by_nothing_smooths() -> None:
    x = images()
    out = as_shown(colour.sharpen(x, torch.tensor([1.0, 0.0]), (0.0, 1.0)))
    np.testing.assert_allclose(out[0], as_shown(x)[0])
    window = np.full((3, 3), 1 / 13)
    window[1, 1] = 5 / 13
    np.testing.assert_allclose(out[1], image_oracle.correlated(as_shown(x)[1], window), atol=1e-12)


@pytest.mark.parametrize(
    "name", ["brighten", "change_contrast", "fade", "sharpen", "saturate", "turn_hue"]
)
def test_gradients_pass(name: str) -> None:
    x = images().contiguous()[:, :, 1:3, 1:3].mul(0.4).add(0.3).requires_grad_()
    amounts = torch.tensor([0.1, 0.15]).double()
    function = getattr(colour, name)
    assert torch.autograd.gradcheck(lambda x: function(x, amounts, (0.0, 1.0)), (x,))
