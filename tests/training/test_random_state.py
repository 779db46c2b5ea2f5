"""Seeds make runs repeat; a captured state continues as if nothing had happened."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError
from striate.storage import decode_tensors, encode_tensors
from striate.training import random_state
from striate.training.state_tree import flatten, rebuild

pytestmark = pytest.mark.torch


def draws() -> tuple[float, float, float, float]:
    return random.gauss(0, 1), float(np.random.randn()), float(torch.rand(())), random.random()


def test_a_seed_repeats_every_generator() -> None:
    random_state.set_seed(3)
    first = draws()
    random_state.set_seed(np.int64(3))  # type: ignore[arg-type]
    assert draws() == first
    random_state.set_seed(4)
    assert draws() != first


def test_a_captured_state_survives_a_file() -> None:
    random_state.set_seed(1)
    draws()  # leaves half of a pair of Gaussians in Python's and NumPy's generators
    state = random_state.capture()
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(flatten(state, arrays, "random"))
    expected = draws()
    random_state.restore(rebuild(json.loads(text), decode_tensors(encode_tensors(arrays))))
    assert draws() == expected


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, True, "7"])
def test_a_seed_outside_the_range(seed: object) -> None:
    with pytest.raises(ArgumentError) as caught:
        random_state.set_seed(seed)  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"set_seed: the seed is out of range. Got seed={seed!r}. "
        "Expected an integer from 0 to 4294967295. Use seed=0."
    )
