"""The table of schedules, and schedules to and from plain dicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from striate.errors import ArgumentError, message, unknown_name
from striate.training.optimizers.schedules.cosine_decay import CosineDecay
from striate.training.optimizers.schedules.cosine_decay_restarts import CosineDecayRestarts
from striate.training.optimizers.schedules.exponential_decay import ExponentialDecay
from striate.training.optimizers.schedules.inverse_time_decay import InverseTimeDecay
from striate.training.optimizers.schedules.one_cycle import OneCycle
from striate.training.optimizers.schedules.piecewise_constant_decay import PiecewiseConstantDecay
from striate.training.optimizers.schedules.polynomial_decay import PolynomialDecay
from striate.training.optimizers.schedules.schedule import FunctionSchedule, LearningRateSchedule

SCHEDULES: dict[str, type[LearningRateSchedule]] = {
    kind.__name__: kind
    for kind in (
        ExponentialDecay,
        PiecewiseConstantDecay,
        PolynomialDecay,
        InverseTimeDecay,
        CosineDecay,
        CosineDecayRestarts,
        OneCycle,
    )
}


def as_schedule(rate: Callable[..., Any]) -> LearningRateSchedule:
    """A schedule as it is, any other callable wrapped into one."""
    return rate if isinstance(rate, LearningRateSchedule) else FunctionSchedule(rate)


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """A schedule as a dict that fits into JSON.

    Example:
        >>> serialize(PiecewiseConstantDecay([10], [0.1, 0.01]))["class_name"]
        'PiecewiseConstantDecay'
    """
    return {"class_name": type(schedule).__name__, "config": schedule.get_config()}


def deserialize(
    config: Mapping[str, Any],
    custom_objects: Mapping[str, type[LearningRateSchedule]] | None = None,
) -> LearningRateSchedule:
    """The schedule of a dict that `serialize`, or Keras, gave.

    Args:
        config: with `class_name` and `config`; what else Keras writes into it is ignored.
        custom_objects: schedule classes of your own, by name. No class is ever imported by name.

    Raises:
        ArgumentError: the dict has no `class_name`.
        UnknownNameError: the class is in neither table.

    Example:
        >>> deserialize({"class_name": "ExponentialDecay", "config": {
        ...     "initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}})(10)
        0.05
    """
    known = {**SCHEDULES, **(custom_objects or {})}
    if "class_name" not in config:
        raise ArgumentError(
            message(
                "schedules.deserialize",
                "the dict names no class",
                got={"keys": tuple(config)},
                expected='a dict with "class_name" and "config"',
            )
        )
    name = config["class_name"]
    if name not in known:
        raise unknown_name("", "learning-rate schedule", name, known)
    return known[name].from_config(config.get("config", {}))
