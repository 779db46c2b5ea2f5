"""What an optimizer's `state_dict` holds beside PyTorch's own entries, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch

from striate.errors import ArgumentError, message
from striate.training.optimizers.grouping import check_built
from striate.training.optimizers.schedules.registry import SCHEDULES, deserialize, serialize
from striate.training.optimizers.schedules.schedule import LearningRateSchedule

if TYPE_CHECKING:
    from striate.training.optimizers.optimizer import Optimizer

KEY = "optimizer"


def pack(optimizer: Optimizer) -> dict[str, Any]:
    """The optimizer's own numbers as a dict that fits into JSON."""
    schedule = optimizer.schedule
    return {
        "class_name": type(optimizer).__name__,
        "iterations": optimizer._iterations,
        "learning_rate": optimizer._rate.number,
        "schedule": None if schedule is None else _pack_schedule(schedule),
        "ema_swapped": optimizer._ema_swapped,
        "scalars": dict(optimizer.scalars),
    }


def _pack_schedule(schedule: LearningRateSchedule) -> dict[str, Any]:
    if type(schedule).get_config is LearningRateSchedule.get_config:
        return {"class_name": type(schedule).__name__}
    return serialize(schedule)


def unpack_schedule(
    where: str, saved: Mapping[str, Any] | None, current: LearningRateSchedule | None
) -> LearningRateSchedule | None:
    """The saved schedule; one of an unknown class must be set already, and then stays.

    Raises:
        ArgumentError: the class is unknown and the optimizer's schedule is of another one.
    """
    if saved is None:
        return None
    name = saved["class_name"]
    if name in SCHEDULES:
        return deserialize(saved)
    if current is None or type(current).__name__ != name:
        raise ArgumentError(
            message(
                where,
                "the saved state needs a schedule of your own",
                got={"schedule": current if current is None else type(current).__name__},
                expected=f"a {name}",
                fix=f"Set optimizer.learning_rate = {name}(...) before load_state_dict",
            )
        )
    return type(current).from_config(saved["config"]) if "config" in saved else current


def check(optimizer: Optimizer, saved: Mapping[str, Any]) -> None:
    """Raises an ArgumentError if a state cannot be this optimizer's."""
    where = type(optimizer).__name__
    if KEY not in saved or saved[KEY].get("class_name") != where:
        found = saved.get(KEY, {}).get("class_name")
        raise ArgumentError(
            message(
                where,
                "the state is of another optimizer",
                got={"class_name": found},
                expected=f"what {where}.state_dict() returned",
            )
        )
    groups, theirs = optimizer.param_groups, saved["param_groups"]
    sizes = tuple(len(group["params"]) for group in groups)
    if sizes != tuple(len(group["params"]) for group in theirs):
        raise ArgumentError(
            message(
                where,
                "the state is of another number of parameters",
                got={"saved": tuple(len(group["params"]) for group in theirs)},
                expected=f"parameters per group: {sizes}",
            )
        )
    for group, other in zip(groups, theirs, strict=True):
        names = group.get("param_names") or [f"number {i}" for i in other["params"]]
        for p, name, index in zip(group["params"], names, other["params"], strict=True):
            _check_slots(optimizer, p, name, saved["state"].get(index))


def _check_slots(
    optimizer: Optimizer, p: torch.Tensor, name: str, slots: Mapping[str, torch.Tensor] | None
) -> None:
    if slots is None or p not in optimizer.state:  # trained then or now only: made afresh
        return
    expected = {slot: tuple(value.shape) for slot, value in optimizer.state[p].items()}
    found = {slot: tuple(value.shape) for slot, value in slots.items()}
    if found != expected:
        raise ArgumentError(
            message(
                type(optimizer).__name__,
                f"the state of parameter {name} does not fit",
                got={"saved": found},
                expected=f"{expected}",
                fix="Use the settings and the model that the state was saved with",
            )
        )


def load(
    optimizer: Optimizer,
    saved: Mapping[str, Any],
    load_torch: Callable[[dict[str, Any]], None],
) -> None:
    """Puts a saved state into an optimizer.

    Args:
        optimizer: bound to its parameters already.
        saved: what `state_dict` returned.
        load_torch: PyTorch's own `load_state_dict`, for PyTorch's own entries.
    """
    where = type(optimizer).__name__
    check_built(where, optimizer.built)
    check(optimizer, saved)
    own = saved[KEY]
    schedule = unpack_schedule(where, own["schedule"], optimizer.schedule)
    names = [group.get("param_names") for group in optimizer.param_groups]
    # Tensors of its own: training on must not change what was loaded.
    state = {
        index: {slot: value.detach().clone() for slot, value in slots.items()}
        for index, slots in saved["state"].items()
    }
    load_torch({"state": state, "param_groups": saved["param_groups"]})
    for group, present in zip(optimizer.param_groups, names, strict=True):
        group.pop("param_names", None)
        if present is not None:
            group["param_names"] = present
    optimizer._iterations = int(own["iterations"])
    optimizer._ema_swapped = bool(own["ema_swapped"])
    optimizer.scalars.update(own["scalars"])
    optimizer._rate.number = float(own["learning_rate"])
    optimizer._rate.schedule = schedule
