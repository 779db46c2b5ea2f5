from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.app.networks import NETWORKS, build
from striate.errors import UnknownNameError

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 48, 3), (1, 1, 1), (3, 9, 4)])
def test_every_network_takes_images_of_any_size(name: str, shape: tuple[int, int, int]) -> None:
    model = build(name, shape, 5, (0.0, 255.0))
    assert model.input_shape == (None, *shape)
    out = model(np.full((2, *shape), 255, np.uint8))
    assert torch.allclose(out.sum(dim=1), torch.ones(2))
    assert model.name == name


def test_the_range_of_the_images_becomes_0_to_1() -> None:
    model = build("linear", (1, 2, 1), 2, (-1.0, 3.0))
    rescaled = model.layers[0](np.array([[[[-1.0], [3.0]]]], np.float32))
    assert rescaled.flatten().tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("side", "blocks", "last"),
    [(8, 2, "Flatten"), (28, 3, "Flatten"), (64, 3, "Flatten"), (96, 3, "GlobalAveragePooling2D")],
)
def test_small_grows_with_the_images(side: int, blocks: int, last: str) -> None:
    kinds = [type(layer).__name__ for layer in build("small", (side, side, 3), 2, (0, 1)).layers]
    assert kinds.count("Conv2D") == blocks
    assert last in kinds


def test_parameters_of_small() -> None:
    assert build("small", (8, 8, 1), 10, (0, 16)).count_params() == 36_202
    assert build("small", (28, 28, 1), 10, (0, 255)).count_params() == 167_786


def test_an_unknown_network_lists_the_nearest() -> None:
    with pytest.raises(UnknownNameError) as caught:
        build("smal", (8, 8, 1), 10, (0, 16))
    assert str(caught.value) == (
        "--model: unknown model. Got 'smal'. Did you mean 'small' or 'mlp'?"
    )
