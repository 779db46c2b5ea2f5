"""Effective receptive fields lie inside the theoretical ones and are smaller."""

from __future__ import annotations

import pytest
import torch

import striate as st
from striate import errors, layers

pytestmark = pytest.mark.torch


def test_the_effective_field_lies_inside_the_theoretical_one_and_is_smaller() -> None:
    torch.manual_seed(0)
    convs = [layers.Conv2D(8, 3, padding="same", activation="relu") for _ in range(8)]
    model = st.Sequential([layers.Input((32, 32, 3)), *convs], name="deep")
    found = model.effective_receptive_field("conv2d_7")
    (top, bottom), (left, right) = model.receptive_field("conv2d_7", *found.unit).inside
    outside = found.weights.copy()
    outside[top : bottom + 1, left : right + 1] = 0
    assert found.unit == (16, 16)
    assert not outside.any()
    assert found.weights.max() == 1
    assert 5 < found.size < 17


def test_an_unknown_layer_is_an_error_with_the_nearest() -> None:
    model = st.Sequential([layers.Conv2D(8, 3, input_shape=(9, 9, 1))], name="small")
    with pytest.raises(errors.UnknownNameError) as caught:
        model.effective_receptive_field("conv")
    assert str(caught.value) == "small: unknown layer. Got 'conv'. Did you mean 'conv2d'?"
