"""Profiles: each step of the plan with a time that was predicted and one that was measured."""

from __future__ import annotations

import pytest

import striate as st
from striate import errors, layers

pytestmark = pytest.mark.torch


def test_a_profile_has_every_step_of_the_plan_in_order() -> None:
    conv = layers.Conv2D(16, 3, activation="relu", input_shape=(32, 32, 3))
    parts = [conv, layers.MaxPooling2D(), layers.Flatten(), layers.Dense(10)]
    model = st.Sequential(parts, name="small")
    found = model.profile(batch_size=8)
    assert [s.name for s in found.steps] == [o.name for o in model.plan().operations]
    assert all(s.predicted_ms > 0 for s in found.steps)
    assert 0 < found.measured_ms == sum(s.measured_ms for s in found.steps)
    assert found.machine.flops > 1e8
    lines = str(found).splitlines()
    assert lines[0].startswith("small: inference, batch of 8, ")
    assert lines[-1].startswith("in all")
    assert found._repr_html_().count("<tr>") == len(found.steps) + 2
    assert found.records()[0]["name"] == "conv2d"


def test_an_open_size_is_an_error() -> None:
    x = st.Input((None, None, 3))
    model = st.Model(x, layers.Conv2D(4, 3)(x), name="open")
    with pytest.raises(errors.ArgumentError) as caught:
        model.profile()
    assert str(caught.value) == (
        "open (Model): a profile needs known sizes. Got input shape=(None, None, None, 3). Expected"
        " an input whose height and width are given."
    )
