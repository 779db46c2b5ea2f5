"""Random sizes through every layer that resizes, pads or crops, compared with the real Keras."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.layers.configurations import same_as_keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

COUNT = 70  # per layer


def arguments(name: str, rank: int, rng: np.random.Generator) -> dict[str, Any]:
    """Random arguments of one layer."""

    def pairs() -> tuple:
        found = tuple(tuple(int(n) for n in rng.integers(0, 4, 2)) for _ in range(rank))
        return found[0] if rank == 1 else found

    if name.startswith("ZeroPadding"):
        return {"padding": pairs() if rng.random() < 0.8 else int(rng.integers(0, 4))}
    if name.startswith("Cropping"):
        return {"cropping": pairs() if rng.random() < 0.8 else int(rng.integers(0, 4))}
    if name.startswith("UpSampling"):
        factors = tuple(int(n) for n in rng.integers(1, 5, rank))
        if name == "UpSampling2D":
            words = ("nearest", "bilinear")
            return {"size": factors, "interpolation": words[int(rng.integers(2))]}
        return {"size": factors[0] if rank == 1 else factors}
    size = {"height": int(rng.integers(1, 18)), "width": int(rng.integers(1, 18))}
    if name == "CenterCrop":
        return size
    word = ("nearest", "bilinear", "bicubic")[int(rng.integers(3))]
    shape = ({}, {"crop_to_aspect_ratio": True}, {"pad_to_aspect_ratio": True, "fill_value": 0.5})
    # Keras on torch has Keys's bicubic kernel only with antialias
    smooth = word == "bicubic" or bool(rng.random() < 0.3)
    return {**size, "interpolation": word, "antialias": smooth, **shape[int(rng.integers(3))]}


LAYERS = {
    **{f"{kind}{r}D": r for kind in ("ZeroPadding", "Cropping", "UpSampling") for r in (1, 2, 3)},
    "Resizing": 2,
    "CenterCrop": 2,
}


@pytest.mark.parametrize("name", LAYERS)
def test_equals_keras(name: str) -> None:
    rank = LAYERS[name]
    rng = np.random.default_rng(5)
    compared = Counter[bool]()
    for _ in range(COUNT):
        sizes = rng.integers(1, 8 if rank == 3 else 18, rank)
        x = rng.normal(size=(2, *sizes, int(rng.integers(1, 4)))).astype("float32")
        given = arguments(name, rank, rng)
        try:
            compared[same_as_keras(name, given, x)] += 1
        except AssertionError as error:
            raise AssertionError(f"{name}({given}) on {x.shape}") from error
    assert compared[True] >= COUNT // 4
