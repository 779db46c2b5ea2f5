"""A model run step by step gives what it gives at once, and shows every value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import striate as st
from striate import layers
from striate.graph import Port
from striate.models.stepping import Stepper
from tests.explain import networks

pytestmark = pytest.mark.torch


class Twice(layers.Layer):
    def call(self, a: Any, b: Any = None) -> Any:
        return a * 2 + b, b


def several() -> st.Model:
    a, b = st.Input((6, 6, 2), name="a"), st.Input((6, 6, 2), name="b")
    first, second = Twice(name="twice")(a, b=b)
    return st.Model({"a": a, "b": b}, {"x": layers.ReLU()(first), "y": second, "z": a})


@pytest.mark.parametrize("make", [networks.plain, networks.branched])
def test_the_outputs_are_those_of_the_model(make: Any) -> None:
    model, x = make(), networks.images()
    stepper = Stepper(model)
    (out,) = stepper.run(stepper.inputs(x))
    np.testing.assert_allclose(out.detach().numpy(), model.predict(x, verbose=0), rtol=1e-5)
    (out,) = stepper.run(stepper.inputs(x), logits=True)
    np.testing.assert_allclose(
        out.detach().numpy(), model.forward_logits(x).detach().numpy(), rtol=1e-5, atol=1e-6
    )


def test_several_inputs_outputs_and_own_layers() -> None:
    model = several()
    stepper, seen = Stepper(model), list[Port]()

    def see(port: Port, value: Tensor) -> Tensor:
        seen.append(port)
        return value

    given = {name: np.random.rand(3, 6, 6, 2).astype("float32") for name in "ab"}
    out = stepper.run(stepper.inputs(given), see)
    for value, expected in zip(out, model.predict(given, verbose=0).values(), strict=True):
        np.testing.assert_array_equal(value.numpy(), expected)
    assert [str(p) for p in seen] == ["a", "b", "twice", "twice:1", "re_lu"]


def test_a_value_that_is_changed_goes_on_changed() -> None:
    model, x = networks.plain(), networks.images()
    stepper = Stepper(model)

    def see(port: Port, value: Tensor) -> Tensor:
        return torch.zeros_like(value) if port == Port("means") else value

    (out,) = stepper.run(stepper.inputs(x), see, logits=True)
    bias = model.get_layer("last").bias.detach().numpy()
    np.testing.assert_array_equal(out.detach().numpy(), np.stack([bias, bias]))
