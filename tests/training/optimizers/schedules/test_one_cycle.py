"""One cycle up and down, as in the definition and in PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from striate.errors import ArgumentError, UnknownNameError
from striate.training.optimizers.schedules import OneCycle

pytestmark = pytest.mark.torch


def by_definition(
    steps: np.ndarray, start: float, peak: float, end: float, top: float, last: float, linear: bool
) -> np.ndarray:
    """The curve through (0, start), (top, peak) and (last, end)."""
    if linear:
        return np.interp(steps, [0, top, last], [start, peak, end])
    share = np.where(steps <= top, steps / top, (steps - top) / (last - top))
    low, high = np.where(steps <= top, start, peak), np.where(steps <= top, peak, end)
    return high + (low - high) * (1 + np.cos(np.pi * share)) / 2


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
@pytest.mark.parametrize(("total", "share"), [(100, 0.3), (37, 0.5), (1000, 0.01)])
def test_rates_and_momentums_are_those_of_the_definition(
    anneal: str, total: int, share: float
) -> None:
    schedule = OneCycle(0.5, total, share, 20.0, 100.0, anneal, momentum_range=(0.8, 0.9))
    steps, last = np.arange(total), total - 1.0
    top, linear = share * total - 1.0, anneal == "linear"
    rates = by_definition(steps, 0.025, 0.5, 0.00025, top, last, linear)
    np.testing.assert_allclose([schedule(step) for step in steps], rates, rtol=1e-9)
    momentums = by_definition(steps, 0.9, 0.8, 0.9, top, last, linear)
    found = [schedule.momentum(step) for step in steps]
    np.testing.assert_allclose(np.array(found, float), momentums, rtol=1e-9)


@pytest.mark.parametrize("anneal", ["cosine", "linear"])
def test_rates_are_those_of_pytorch(anneal: str) -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0, momentum=0.9)
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 0.3, total_steps=50, anneal_strategy=anneal[:3].replace("lin", "linear")
    )
    ours = OneCycle(0.3, 50, anneal=anneal, momentum_range=(0.85, 0.95))
    for step in range(50):
        assert ours(step) == pytest.approx(theirs.get_last_lr()[0], rel=1e-9)
        assert ours.momentum(step) == pytest.approx(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if step < 49:
            theirs.step()


def test_after_the_end_the_rate_stays() -> None:
    schedule = OneCycle(0.3, 50)
    assert schedule(49) == schedule(1000) == pytest.approx(0.3 / 25 / 1e4)
    assert schedule.momentum(10) is None


def test_the_shortest_training_has_a_peak() -> None:
    assert OneCycle(0.3, 2, 0.5)(0) == 0.3


def test_an_unknown_way_is_an_error() -> None:
    with pytest.raises(UnknownNameError) as caught:
        OneCycle(0.1, 10, anneal="cosin")
    assert str(caught.value) == ("OneCycle: unknown anneal. Got 'cosin'. Did you mean 'cosine'?")


@pytest.mark.parametrize("given", [(0.9, 0.8), (0.5,), (0.1, 0.2, 0.3)])
def test_a_momentum_range_needs_two_ascending_numbers(given: tuple[float, ...]) -> None:
    with pytest.raises(ArgumentError) as caught:
        OneCycle(0.1, 10, momentum_range=given)
    assert str(caught.value) == (
        f"OneCycle: momentum_range is not a range. Got momentum_range={given}. "
        "Expected the lowest and the highest momentum. Use momentum_range=(0.85, 0.95)."
    )


@pytest.mark.parametrize(
    ("argument", "value", "rule"),
    [
        ("max_learning_rate", -1.0, "a number in [0, inf)"),
        ("total_steps", 1, "a whole number >= 2"),
        ("warmup_share", 1.0, "a number in (0, 1)"),
        ("start_divisor", 0.5, "a number in [1, inf)"),
        ("final_divisor", 0.5, "a number in [1, inf)"),
    ],
)
def test_a_value_out_of_range_is_an_error(argument: str, value: float, rule: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        OneCycle(**{**{"max_learning_rate": 0.1, "total_steps": 20}, argument: value})
    assert str(caught.value) == (
        f"OneCycle: {argument} is out of range. Got {argument}={value}. Expected {rule}."
    )


def test_a_config_makes_an_equal_schedule() -> None:
    schedule = OneCycle(**{"max_learning_rate": 0.1, "total_steps": 20})
    again = OneCycle.from_config(schedule.get_config())
    assert [again(step) for step in range(50)] == [schedule(step) for step in range(50)]
