"""An optimizer's state comes back exactly, or not at all."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, NotBuiltError
from striate.training.optimizers import SGD, Adam, RMSprop, schedules
from tests.training.optimizers import cases

pytestmark = pytest.mark.torch

RESUMED = [
    *cases.CASES,
    *(
        (name, {**arguments, "clipnorm": 1.0})
        for name, arguments in cases.SHARED
        if "clip" not in str(arguments)
    ),
    (
        "SGD",
        {
            "momentum": 0.9,
            "learning_rate": (
                "OneCycle",
                {"max_learning_rate": 0.1, "total_steps": 20, "momentum_range": [0.8, 0.95]},
            ),
        },
    ),
    ("Adam", {"learning_rate": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20})}),
]


@pytest.mark.parametrize(("name", "arguments"), RESUMED, ids=cases.case_id)
def test_a_resumed_training_ends_bit_for_bit_the_same(name: str, arguments: dict[str, Any]) -> None:
    whole, params = cases.built(cases.make(name, arguments))
    cases.train(whole, params, range(11))  # in the middle of an accumulation
    stream = io.BytesIO()
    torch.save(whole.state_dict(), stream)
    kept = cases.values(params)
    cases.train(whole, params, range(11, 20))

    resumed_params = {n: torch.nn.Parameter(cases.stored(w)) for n, w in kept.items()}
    resumed = cases.make(name, {**arguments, "learning_rate": 0.7})
    resumed.build(resumed_params.items())
    stream.seek(0)
    resumed.load_state_dict(torch.load(stream, weights_only=True))
    assert resumed.iterations == 11 // (arguments.get("gradient_accumulation_steps") or 1)
    cases.train(resumed, resumed_params, range(11, 20))
    for key, value in cases.values(params).items():
        np.testing.assert_array_equal(cases.values(resumed_params)[key], value)
    assert resumed.learning_rate == whole.learning_rate


def test_loading_copies_the_tensors() -> None:
    optimizer, params = cases.built(Adam())
    cases.train(optimizer, params, range(2))
    state = optimizer.state_dict()
    before = copy.deepcopy(state)
    other, others = cases.built(Adam())
    other.load_state_dict(state)
    cases.train(other, others, range(2, 4))
    for index, slots in before["state"].items():
        for slot, value in slots.items():
            assert torch.equal(value, state["state"][index][slot])


def test_loaded_state_takes_the_memory_order_of_the_parameter() -> None:
    optimizer, params = cases.built(Adam())
    cases.train(optimizer, params, range(2))
    state = copy.deepcopy(optimizer.state_dict())
    for slots in state["state"].values():
        for slot in slots:
            slots[slot] = slots[slot].contiguous()
    optimizer.load_state_dict(state)
    kernel = params["conv2d.kernel"]
    assert optimizer.state[kernel]["momentum"].stride() == kernel.stride()


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 (our own bytes)


@pytest.mark.parametrize("copier", [copy.deepcopy, pickled])
def test_a_copy_trains_on_by_itself_in_the_same_way(copier: Any) -> None:
    optimizer, params = cases.built(Adam(clipnorm=1.0, use_ema=True, weight_decay=0.1))
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    cases.train(optimizer, params, range(5))
    other, others = copier((optimizer, params))
    cases.train(optimizer, params, range(5, 10))
    cases.train(other, others, range(5, 10))
    for name, value in cases.values(params).items():
        np.testing.assert_array_equal(value, cases.values(others)[name])


def test_a_rate_set_by_hand_survives_saving() -> None:
    optimizer, params = cases.built(Adam(0.1))
    optimizer.learning_rate = 0.03
    other, _ = cases.built(Adam(0.1))
    other.load_state_dict(optimizer.state_dict())
    assert other.learning_rate == 0.03
    assert other.param_groups[0]["lr"] == 0.03
    assert other.param_groups[0]["param_names"] == list(params)


def test_a_swapped_average_stays_swapped() -> None:
    optimizer, params = cases.built(SGD(0.1, use_ema=True))
    cases.train(optimizer, params, range(3))
    raw = cases.values(params)
    optimizer.swap_ema()
    state = copy.deepcopy(optimizer.state_dict())
    other, others = cases.built(SGD(0.1, use_ema=True))
    for name, p in others.items():
        p.data.copy_(params[name])
    other.load_state_dict(state)
    other.swap_ema()
    for name, value in cases.values(others).items():
        np.testing.assert_array_equal(value, raw[name])


class Halving(schedules.LearningRateSchedule):
    def __init__(self, start: float) -> None:
        self.start = start

    def __call__(self, step: float) -> float:
        return self.start * 0.5**step

    def get_config(self) -> dict[str, Any]:
        return {"start": self.start}


def test_a_schedule_of_ones_own_is_put_back_where_one_is_set() -> None:
    optimizer, params = cases.built(SGD(Halving(0.8)))
    cases.train(optimizer, params, range(2))
    other, _ = cases.built(SGD(Halving(0.1)))
    other.load_state_dict(optimizer.state_dict())
    assert other.learning_rate == 0.2
    plain, _ = cases.built(SGD())
    with pytest.raises(ArgumentError) as caught:
        plain.load_state_dict(optimizer.state_dict())
    assert str(caught.value) == (
        "SGD: the saved state needs a schedule of your own. Got schedule=None. Expected a Halving. "
        "Set optimizer.learning_rate = Halving(...) before load_state_dict."
    )


def test_a_function_as_the_rate_stays_the_function_set() -> None:
    optimizer, params = cases.built(SGD(lambda step: 1.0 / (step + 1)))
    cases.train(optimizer, params, range(3))
    other, _ = cases.built(SGD(lambda step: 2.0 / (step + 1)))
    other.load_state_dict(optimizer.state_dict())
    assert other.learning_rate == 0.5


def test_rates_that_torch_changed_group_by_group_come_back() -> None:
    made = []
    for _ in range(2):
        p, q = (torch.nn.Parameter(torch.ones(1)) for _ in range(2))
        optimizer = SGD(0.5)
        optimizer.build([{"params": p}, {"params": q}])
        made.append(optimizer)
    made[0].param_groups[1]["lr"] = 0.125
    made[1].load_state_dict(made[0].state_dict())
    assert [group["lr"] for group in made[1].param_groups] == [0.5, 0.125]


def test_loading_needs_parameters() -> None:
    state = cases.built(SGD())[0].state_dict()
    with pytest.raises(NotBuiltError) as caught:
        SGD().load_state_dict(state)
    assert str(caught.value) == (
        "SGD: no parameters are bound yet. Call optimizer.build(model.named_parameters())."
    )


@pytest.mark.parametrize("other", [RMSprop, lambda: None])
def test_a_state_of_another_optimizer_is_an_error(other: Any) -> None:
    if other() is None:
        params = list(cases.parameters().values())
        state, name = torch.optim.SGD(params, lr=0.1).state_dict(), None
    else:
        state, name = cases.built(other())[0].state_dict(), "RMSprop"
    with pytest.raises(ArgumentError) as caught:
        cases.built(SGD())[0].load_state_dict(state)
    assert str(caught.value) == (
        f"SGD: the state is of another optimizer. Got class_name={name!r}. "
        "Expected what SGD.state_dict() returned."
    )


def test_a_state_of_fewer_parameters_is_an_error() -> None:
    optimizer = SGD()
    optimizer.build([torch.nn.Parameter(torch.ones(2))])
    with pytest.raises(ArgumentError) as caught:
        optimizer.load_state_dict(cases.built(SGD())[0].state_dict())
    assert str(caught.value) == (
        "SGD: the state is of another number of parameters. Got saved=(5,). "
        "Expected parameters per group: (1,)."
    )


def test_a_state_of_another_shape_or_other_slots_is_an_error() -> None:
    small, large = (torch.nn.Parameter(torch.ones(n)) for n in (2, 3))
    one, two = SGD(momentum=0.9), SGD(momentum=0.9, use_ema=True)
    one.build([("w", small)])
    two.build([("w", large)])
    with pytest.raises(ArgumentError) as caught:
        two.load_state_dict(one.state_dict())
    assert str(caught.value) == (
        "SGD: the state of parameter w does not fit. Got saved={'momentum': (2,)}. "
        "Expected {'momentum': (3,), 'average': (3,)}. "
        "Use the settings and the model that the state was saved with."
    )
    assert two.state[large]["momentum"].shape == (3,)
