"""Random configurations through every pooling that Keras has, compared with the real Keras."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from striate import layers
from striate.graph import window
from tests import oracle
from tests.layers.configurations import Configuration, configurations, same_as_keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

CONFIGURATIONS = configurations(11, 210)
PARTS = 6  # tests; each runs its share of the configurations
WINDOWED = [f"{kind}Pooling{rank}D" for kind in ("Max", "Average") for rank in (1, 2, 3)]
WHOLE = [f"Global{name}" for name in WINDOWED]
BINS = [f"Adaptive{name}" for name in WINDOWED]


def arguments(c: Configuration, name: str, rank: int) -> dict[str, Any]:
    """The configuration as Keras's arguments of one layer."""
    if name in WHOLE:
        return {"keepdims": c.use_bias}
    if name in BINS:
        return {"output_size": c.kernel[:rank]}
    return {
        "pool_size": c.kernel[:rank],
        "strides": c.strides[:rank] if c.use_bias else None,
        "padding": "valid" if c.padding == "valid" else "same",
    }


def keras_differs(given: dict[str, Any], sizes: tuple[int, ...]) -> bool:
    """Whether the mean with padding "same" is not TensorFlow's in Keras on torch.

    Where more is added at one end, it repeats the border and counts it; and torch's `avg_pool3d`
    refuses a window larger than its input even where the padding makes room.
    """
    size = given["pool_size"]
    strides = given["strides"] or size
    amounts = window.all_axes(given["padding"], sizes, size, strides, (1,) * len(size))
    uneven = any(before != after for before, after in amounts)
    narrow = len(size) == 3 and any(n < k for n, k in zip(sizes, size, strict=True))
    return uneven or (narrow and given["padding"] == "same")


@pytest.mark.parametrize("part", range(PARTS))
def test_equals_keras(part: int) -> None:
    compared = Counter[str]()
    for c in CONFIGURATIONS[part::PARTS]:
        for name in (*WINDOWED, *WHOLE, *BINS):
            rank = int(name[-2])
            given, x = arguments(c, name, rank), c.input(rank)
            try:
                if name.startswith("Average") and keras_differs(given, x.shape[1:-1]):
                    equals_its_definition(name, given, x)
                    compared[name] += 1
                else:
                    compared[name] += same_as_keras(name, given, x)
            except AssertionError as error:
                raise AssertionError(f"{name}({given}) on {x.shape}") from error
    assert min(compared.values()) >= 8, compared  # most were not refused


def equals_its_definition(name: str, given: dict[str, Any], x: np.ndarray) -> None:
    """The mean over the values that are there, counted one by one, as TensorFlow defines it."""
    strides = given["strides"] or given["pool_size"]
    few = x[:1, ..., :1]
    wanted = oracle.pool(few, given["pool_size"], strides, given["padding"], np.mean)
    out = getattr(layers, name)(**given)(x)[:1, ..., :1]
    np.testing.assert_allclose(out.numpy(), wanted, rtol=1e-5, atol=1e-6)


def test_there_are_enough_configurations() -> None:
    assert len(set(map(str, CONFIGURATIONS))) >= 200
