"""keras.random: distributions, and numbers that follow their seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from striate.keras import random

pytestmark = pytest.mark.torch

N = 20000
DRAWS: dict[str, Callable[[Any, Any], Any]] = {
    "normal": lambda r, s: r.normal((N,), 2.0, 3.0, seed=s),
    "truncated_normal": lambda r, s: r.truncated_normal((N,), 1.0, 2.0, seed=s),
    "uniform": lambda r, s: r.uniform((N,), -1.0, 3.0, seed=s),
    "randint": lambda r, s: r.randint((N,), 2, 9, seed=s),
    "categorical": lambda r, s: r.categorical(np.log([[0.2, 0.5, 0.3]]).astype("f"), N, seed=s),
    "gamma": lambda r, s: r.gamma((N,), 2.5, seed=s),
    "beta": lambda r, s: r.beta((N,), 2.0, 3.0, seed=s),
    "binomial": lambda r, s: r.binomial((N,), 10.0, 0.3, seed=s),
    "dropout": lambda r, s: r.dropout(torch.ones(N), 0.25, seed=s),
    "shuffle": lambda r, s: r.shuffle(np.arange(N, dtype="float32"), seed=s),
}


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")  # of Keras on torch
@pytest.mark.parametrize("name", DRAWS)
def test_a_distribution_is_keras(name: str) -> None:
    from tests.keras_oracle import keras

    ours = np.asarray(DRAWS[name](random, 1)).astype("float64").ravel()
    theirs = np.asarray(keras.ops.convert_to_numpy(DRAWS[name](keras.random, 1)))
    theirs = theirs.astype("float64").ravel()
    assert ours.shape == theirs.shape
    spread = theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 0.05 * spread + 1e-9
    assert abs(ours.std() - spread) < 0.05 * spread
    ends = np.quantile(ours, [0.1, 0.9]) - np.quantile(theirs, [0.1, 0.9])
    assert np.abs(ends).max() < 0.1 * spread


@pytest.mark.parametrize("name", DRAWS)
def test_the_same_seed_gives_the_same_numbers(name: str) -> None:
    draw = DRAWS[name]
    assert np.array_equal(draw(random, 5), draw(random, 5))
    assert not np.array_equal(draw(random, 5), draw(random, 6))
    own = random.SeedGenerator(5)
    assert not np.array_equal(draw(random, own), draw(random, own))
    again = random.SeedGenerator.from_config(random.SeedGenerator(5).get_config())
    assert np.array_equal(draw(random, random.SeedGenerator(5)), draw(random, again))


def test_a_generator_of_seeds_counts_its_calls() -> None:
    own = random.SeedGenerator(3)
    assert own.state.tolist() == [3, 0]
    assert own.next().tolist() == [3, 0]
    assert own.next().tolist() == [3, 1]


def test_types_and_shapes() -> None:
    assert str(random.uniform((2,), 0, 5, dtype="int32").dtype) == "torch.int32"
    assert random.dropout(np.ones((2, 3, 4), "float32"), 0.5, (None, 1, None)).shape == (2, 3, 4)
    assert random.dropout(np.ones(3), 0.0).numpy().tolist() == [1, 1, 1]
    assert str(random.normal((2,), dtype="float16").dtype) == "torch.float16"
