"""No step of a plan copies a map to another order in memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

import striate as st
from benchmarks.networks import NETWORKS
from striate.plan import Executor

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("build", [b for b, _ in NETWORKS], ids=lambda b: b.__name__)
@pytest.mark.parametrize("plan", [True, False])
def test_every_map_is_channels_last(build: Callable[[], st.Sequential], plan: bool) -> None:
    model = build().train()
    strides = []
    with model.executing(plan, "float32", "float32", "test"):
        program = model.program()
        for i, (function, *rest) in enumerate(program._calls):
            program._calls[i] = (_watching(function, strides), *rest)  # type: ignore[arg-type]
        model(torch.rand(2, 28, 28, 1))
    maps = [(shape, order) for shape, order in strides if len(shape) == 4]
    assert maps
    for shape, order in maps:
        _, c, h, w = shape
        assert order == (h * w * c, 1, w * c, c) or 1 in (c, h, w), (shape, order)


def test_flatten_is_a_view() -> None:
    model = st.Sequential([st.layers.Flatten(input_shape=(4, 4, 3))])
    x = torch.rand(2, 4, 4, 3)
    assert isinstance(model.program(), Executor)
    assert model(x).data_ptr() == x.data_ptr()


def _watching(function: Callable[..., object], strides: list[object]) -> Callable[..., object]:
    def watched(*values: torch.Tensor) -> object:
        out = function(*values)
        strides.append((tuple(out.shape), out.stride()))  # type: ignore[attr-defined]
        return out

    return watched
