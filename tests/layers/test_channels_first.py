"""ChannelsFirst gives what the layer inside gives of the transposed images."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate import layers
from tests.contract.cases import channels_first
from tests.contract.cases.case import Case

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("case", [c for c in channels_first.CASES if not c.random], ids=str)
def test_it_is_the_layer_of_the_transposed_input(case: Case) -> None:
    outer: Any = case.make()
    (x,) = case.inputs()
    got = outer(x)
    inside = outer.layer(np.moveaxis(x, 1, -1))
    want = np.moveaxis(inside.numpy(force=True), -1, 1) if inside.dim() > 2 else inside
    np.testing.assert_allclose(got.numpy(force=True), want, rtol=1e-5, atol=1e-6)


def test_an_input_in_channels_last_memory_is_not_copied() -> None:
    x = torch.randn(2, 5, 6, 3).movedim(-1, 1)
    assert layers.ChannelsFirst(layers.Identity())(x).data_ptr() == x.data_ptr()


def test_a_whole_model_keeps_its_order_and_its_facts() -> None:
    model = st.Sequential(
        [
            layers.Input((3, 16, 12)),
            layers.ChannelsFirst(layers.Conv2D(8, 3, name="inside"), name="conv"),
            layers.ChannelsFirst(layers.MaxPooling2D(2)),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    assert [n.output.shape[1:] for n in model.graph] == [
        (3, 16, 12),
        (8, 14, 10),
        (8, 7, 5),
        (280,),
        (2,),
    ]
    assert [n for n, _ in model.named_weights()][:2] == ["conv/layer/kernel", "conv/layer/bias"]
    assert model.graph["conv"].kind.macs(model.graph.input_specs[0]) == 14 * 10 * 9 * 3 * 8
    assert "conv" in str(model.summary(print_fn=lambda line: None) or "conv")


def test_a_flat_input_is_refused() -> None:
    with pytest.raises(st.ShapeError) as caught:
        layers.ChannelsFirst(layers.Conv2D(4, 3))(st.Input((8,)))
    assert str(caught.value) == (
        "channels_first (ChannelsFirst): wrong input rank. Got input shape=(None, 8). Expected at"
        " least 3 dimensions."
    )
