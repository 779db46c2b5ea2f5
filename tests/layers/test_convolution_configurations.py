"""Random configurations through every convolution, compared with the real Keras."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.layers.configurations import Configuration, configurations, same_as_keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

CONFIGURATIONS = configurations(7, 210)
PARTS = 6  # tests; each runs its share of the configurations
LAYERS = {
    "Conv1D": 1,
    "Conv2D": 2,
    "Conv3D": 3,
    "Conv1DTranspose": 1,
    "Conv2DTranspose": 2,
    "Conv3DTranspose": 3,
    "DepthwiseConv1D": 1,
    "DepthwiseConv2D": 2,
    "SeparableConv1D": 1,
    "SeparableConv2D": 2,
}


def arguments(c: Configuration, name: str, rank: int) -> dict[str, Any]:
    """The configuration as Keras's arguments of one layer."""
    found: dict[str, Any] = {
        "kernel_size": c.kernel[:rank],
        "strides": c.strides[:rank],
        "dilation_rate": c.dilation[:rank],
        "padding": c.padding,
        "use_bias": c.use_bias,
    }
    if name.endswith("Transpose"):
        found["output_padding"] = c.output_padding and c.output_padding[:rank]
    elif name.startswith("Conv"):
        found["groups"] = c.groups
    else:
        found["depth_multiplier"] = c.depth_multiplier
        # causal is ours alone here: Keras 2 had it, Keras 3 does not
        found["padding"] = "same" if c.padding == "causal" else c.padding
    return found if name.startswith("Depthwise") else {"filters": c.filters, **found}


@pytest.mark.parametrize("part", range(PARTS))
def test_equals_keras(part: int) -> None:
    compared = Counter[str]()
    for c in CONFIGURATIONS[part::PARTS]:
        for name, rank in LAYERS.items():
            given = arguments(c, name, rank)
            try:
                compared[name] += same_as_keras(name, given, c.input(rank))
            except AssertionError as error:
                raise AssertionError(f"{name}({given}) on {c.input(rank).shape}") from error
    assert min(compared.values()) >= 14, compared  # most were not refused


def test_there_are_enough_configurations() -> None:
    assert len(set(map(str, CONFIGURATIONS))) >= 200
