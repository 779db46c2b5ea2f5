from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

from striate import layers
from striate.layers.augmentation import trivial
from striate.ops import colour

pytestmark = pytest.mark.torch


def images(count: int, size: int = 12) -> torch.Tensor:
    values = np.random.default_rng(0).integers(0, 256, (count, size, size, 3)).astype("float32")
    return torch.from_numpy(values).permute(0, 3, 1, 2)


def chosen(amounts: dict[str, torch.Tensor], turn: str) -> dict[int, list[int]]:
    """operation -> the images that chose it in a turn."""
    found = {}
    for name, value in amounts.items():
        place, number, what = name.split("/") if "/" in name else ("", "", "")
        if place == turn and what == "which":
            found[int(number)] = value.tolist()
    return found


def test_every_image_chooses_one_operation_in_each_turn() -> None:
    layer = layers.RandAugment(num_ops=3, seed=1)
    amounts = layer.draw(images(3300), layer.stream(images(1)))
    for turn in "012":
        groups = chosen(amounts, turn)
        assert sorted(n for which in groups.values() for n in which) == list(range(3300))
        assert len(groups) == 11
        assert all(abs(len(which) - 300) < 90 for which in groups.values())


def test_randaugment_is_its_layers_one_after_the_other() -> None:
    layer = layers.RandAugment(num_ops=2, factor=0.4, seed=1)
    parts = layer._operations
    assert [type(p).__name__ for p in parts] == [
        "RandomShear",
        "RandomTranslation",
        "RandomRotation",
        "RandomPosterization",
        "Solarization",
        "AutoContrast",
        "Equalization",
        "RandomBrightness",
        "RandomColorDegeneration",
        "RandomContrast",
        "RandomSharpness",
    ]
    assert parts[2].factor == (0.0, 0.4)
    assert parts[3].factor == (3, 3)
    x = images(20)
    amounts = layer.draw(x, layer.stream(x))
    wanted = x
    for turn in "01":
        done = wanted.clone()
        for number, which in chosen(amounts, turn).items():
            prefix = f"{turn}/{number}/"
            own = {n.removeprefix(prefix): v for n, v in amounts.items() if n.startswith(prefix)}
            done[which] = parts[number].transform(wanted[which], own)
        wanted = done
    torch.testing.assert_close(layer.transform(x, amounts), wanted)


def test_augmix_mixes_chains_with_the_image() -> None:
    layer = layers.AugMix(num_chains=2, chain_depth=2, seed=1)
    x = images(40)
    amounts = layer.draw(x, layer.stream(x))
    torch.testing.assert_close(amounts["weights"].sum(dim=1), torch.ones(40))
    chains = []
    for chain in "01":
        changed = x
        for turn in "01":
            changed = layer.run_turn(f"{chain}-{turn}", changed, amounts)
        chains.append(changed * amounts["weights"][:, int(chain)].view(-1, 1, 1, 1))
    share = amounts["share"].view(-1, 1, 1, 1)
    wanted = share * x + (1 - share) * (chains[0] + chains[1])
    torch.testing.assert_close(layer.transform(x, amounts), wanted.clamp(0, 255))


def test_chains_of_augmix_have_up_to_their_depth_of_operations() -> None:
    layer = layers.AugMix(chain_depth=3, num_chains=1, seed=1)
    x = images(4000, 1)
    amounts = layer.draw(x, layer.stream(x))
    active = torch.ones(3, 4000)
    for turn in range(3):
        active[turn, chosen(amounts, f"0-{turn}").get(11, [])] = 0
    lengths = active.sum(dim=0).long()
    assert (active.cummin(dim=0).values == active).all()  # none only after the last
    assert all(abs((lengths == n).float().mean() - 0.25) < 0.04 for n in range(4))


def test_augmix_without_colours_has_seven_operations() -> None:
    assert len(layers.AugMix(all_ops=False)._operations) == 7


def pil(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).numpy().astype("uint8"))


def enhanced(kind: type) -> object:
    return lambda picture, s: kind(picture).enhance(1 + 0.99 * s)


PILLOW = {
    trivial._colour: (enhanced(ImageEnhance.Color), 1.5),
    trivial._contrast: (enhanced(ImageEnhance.Contrast), 1.5),
    trivial._brightness: (enhanced(ImageEnhance.Brightness), 1.0),
    trivial._sharpness: (enhanced(ImageEnhance.Sharpness), 1.5),
    trivial._posterize: (lambda p, s: ImageOps.posterize(p, 8 - round(6 * abs(s))), 0.0),
    trivial._solarize: (lambda p, s: ImageOps.solarize(p, math.ceil(256 * (1 - abs(s)))), 0.0),
    trivial._stretch: (lambda p, s: ImageOps.autocontrast(p), 1.0),
    trivial._equalize: (lambda p, s: ImageOps.equalize(p), 6.0),
}


@pytest.mark.parametrize("change", trivial.TONES, ids=lambda f: f.__name__)
def test_tones_of_trivialaugment_are_those_of_pillow(change: object) -> None:
    theirs, levels = PILLOW[change]
    x = images(4, 102)  # 102 x 102 is 255 times 40.8: Pillow counts ranks in whole steps
    strengths = torch.tensor([0.0, 0.5, -0.7, 1.0])
    out = change(x, strengths, (0.0, 255.0))
    for n, strength in enumerate(strengths.tolist()):
        wanted = np.asarray(theirs(pil(x[n]), strength)).astype("float32")
        inner = np.s_[1:-1, 1:-1]  # Pillow leaves borders as they are when it sharpens
        gap = np.abs(out[n].permute(1, 2, 0).numpy() - wanted)[inner]
        assert gap.max() <= levels, gap.max()


def test_trivialaugment_chooses_one_of_fourteen() -> None:
    layer = layers.TrivialAugment(seed=1)
    x = images(4200, 1)
    groups = chosen(layer.draw(x, layer.stream(x)), "0")
    assert sorted(groups) == list(range(14))
    assert all(abs(len(which) - 300) < 90 for which in groups.values())


def test_strengths_of_trivialaugment_are_evenly_spaced() -> None:
    kind = layers.TrivialAugment(num_magnitude_bins=5).kind
    strength = trivial._strength(kind, images(2000, 1), torch.Generator().manual_seed(0))
    found, counts = strength.abs().unique(return_counts=True)
    assert found.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert all(abs(n - 400) < 90 for n in counts.tolist())
    assert abs((strength > 0).float().mean() - 0.4) < 0.05


@pytest.mark.parametrize(
    ("warp", "place"),
    [
        (trivial._shear_x, lambda row, column: (row, column + 0.99 * 0.5 * row)),
        (trivial._shear_y, lambda row, column: (row + 0.99 * 0.5 * column, column)),
        (trivial._move_x, lambda row, column: (row, column - 16)),
        (trivial._move_y, lambda row, column: (row - 16, column)),
    ],
)
def test_warps_of_trivialaugment_have_the_size_of_the_paper(warp: object, place: object) -> None:
    matrix = warp(torch.tensor([0.5]), images(1))[0]
    column, row = matrix @ torch.tensor([3.0, 2.0, 1.0])
    assert (row.item(), column.item()) == pytest.approx(place(2.0, 3.0))


def test_a_turn_of_trivialaugment_is_135_degrees_at_most() -> None:
    matrix = trivial._turn(torch.tensor([1.0]), images(1))[0]
    assert math.degrees(math.acos(matrix[0, 0])) == pytest.approx(135, abs=1e-3)


def test_the_range_of_the_values_does_not_matter() -> None:
    x = images(200)
    for make in (layers.RandAugment, layers.TrivialAugment, layers.AugMix):
        first, second = make((0, 255), seed=3), make((0, 1), seed=3)
        out = first.transform(x, first.draw(x, first.stream(x)))
        other = second.transform(x / 255, second.draw(x, second.stream(x)))
        other = colour.scale(other, (0.0, 1.0), (0.0, 255.0))
        same = (out - other).abs().amax(dim=(1, 2, 3)) < 0.01
        assert same.float().mean() > 0.95  # a value at a threshold may fall on either side
