"""The state of metrics: placement, arithmetic, in-place changes, errors."""

from __future__ import annotations

import operator

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, ShapeError
from striate.training.metrics import MetricVariable

pytestmark = pytest.mark.torch

OPERATORS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.eq,
    operator.ne,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
]


def of(*values: float) -> MetricVariable:
    variable = MetricVariable((len(values),))
    return variable.assign(torch.tensor(values))


@pytest.mark.parametrize("operation", OPERATORS)
@pytest.mark.parametrize("other", [2, 2.5, torch.tensor([1.0, 4.0]), of(3.0, 1.0)])
def test_arithmetic_is_that_of_the_value(operation, other) -> None:
    variable = of(1.0, 4.0)
    plain = other.value if isinstance(other, MetricVariable) else other
    assert torch.equal(operation(variable, other), operation(variable.value, plain))
    assert torch.equal(operation(other, variable), operation(plain, variable.value))


def test_more_arithmetic() -> None:
    variable = of(1.0, -4.0)
    assert torch.equal(-variable, -variable.value)
    assert torch.equal(abs(variable), variable.value.abs())
    assert torch.equal(variable**2, variable.value**2)
    assert variable[1] == -4
    assert len(variable) == 2
    assert variable.ndim == 1
    assert variable.shape == (2,)
    scalar = MetricVariable(()).assign(3)
    assert (float(scalar), int(scalar), bool(scalar)) == (3.0, 3, True)
    assert np.asarray(variable).tolist() == [1, -4]
    assert variable.numpy().dtype == np.float64


def test_torch_functions_take_it() -> None:
    variable = of(1.0, 4.0)
    assert torch.sum(variable) == 5
    assert torch.stack([variable, variable]).shape == (2, 2)
    assert torch.where(torch.tensor([True, False]), variable, 0).tolist() == [1, 0]
    assert torch.maximum(torch.tensor([2.0, 2.0]), variable).tolist() == [2, 4]


def test_changes_are_in_place() -> None:
    variable = of(1.0, 4.0)
    value = variable.value
    variable.assign_add([1.0, 1.0]).assign_sub(2)
    variable += 1
    variable -= np.ones(2)
    variable.assign(variable * 2)
    assert variable.value is value
    assert value.tolist() == [0, 6]
    variable.assign(0)
    assert value.tolist() == [0, 0]


def test_it_moves_to_the_first_device_but_not_for_a_scalar_of_the_host() -> None:
    variable = MetricVariable((2,))
    variable.assign_add(torch.tensor(1.0))
    variable.assign_add(torch.ones(2, device="meta"))
    assert variable.device.type == "meta"
    variable.assign_add(torch.tensor(1.0))
    variable.assign_add(2)
    assert variable.device.type == "meta"
    variable.reset()
    assert variable.device.type == "meta"
    other = MetricVariable((2,))
    torch.add(torch.ones(2, device="meta"), other)
    assert other.device.type == "meta"


@pytest.mark.parametrize(
    ("initializer", "wanted"),
    [
        ("zeros", [0, 0]),
        ("Ones", [1, 1]),
        (None, [0, 0]),
        (7, [7, 7]),
        ([1, 2], [1, 2]),
        (torch.ones, [1, 1]),
        (lambda shape: np.full(shape, 3), [3, 3]),
    ],
)
def test_initializers(initializer, wanted) -> None:
    variable = MetricVariable((2,), initializer)
    assert variable.value.tolist() == wanted
    variable.assign([9.0, 9.0])
    variable.reset()
    assert variable.value.tolist() == wanted


def test_whole_number_state_takes_fractions_rounded_down() -> None:
    variable = MetricVariable((), dtype=torch.int64)
    variable.assign_add(torch.tensor(2.7))
    assert int(variable) == 2


def test_errors_name_the_variable() -> None:
    with pytest.raises(ArgumentError) as caught:
        MetricVariable((), "random", name="total")
    assert str(caught.value) == (
        "total: unknown initializer of a metric's state. Got initializer='random'. "
        'Expected "zeros", "ones", a number, an array or a function of the shape.'
    )
    for change in ("assign", "assign_add"):
        with pytest.raises(ShapeError) as shape_error:
            getattr(MetricVariable((2,), name="total"), change)(torch.ones(3))
        assert str(shape_error.value) == (
            "total: a value does not fit the state of the metric. "
            "Got value.shape=(3,), state.shape=(2,)."
        )
    with pytest.raises(ShapeError) as shape_error:
        MetricVariable(None, name="total").value  # noqa: B018
    assert str(shape_error.value) == "total: the shape is not known before the first update."
    assert repr(MetricVariable(None, name="total")) == "MetricVariable('total', unallocated)"
