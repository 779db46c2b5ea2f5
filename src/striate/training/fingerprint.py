"""What must be the same for a run to be continued, and how to say what is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch

from striate.errors import ArgumentError, CheckpointError, message

_SHOWN = 4
_ARGUMENTS = "optimizer arguments"


def fingerprint(
    module: torch.nn.Module, optimizer: Any, source: Any, steps: int | None, seed: int | None
) -> dict[str, Any]:
    """The configuration of a run as plain JSON values.

    The learning rate is left out: callbacks change it during the run, and its value is restored.

    Args:
        module: its weights' names, shapes and number types count, and its `execution`, if it has
            one: what else decides the last bits, by name.
        optimizer: its class and arguments count.
        source: its `batch_size`, `num_samples`, `seed` and `shuffle` count.
        steps: steps per epoch, None if unknown.
        seed: the seed of `fit`.
    """
    weights = {
        name: [list(value.shape), str(value.dtype).removeprefix("torch.")]
        for name, value in module.state_dict().items()
        if isinstance(value, torch.Tensor)
    }
    found = {
        "weights": weights,
        "optimizer": type(optimizer).__name__,
        _ARGUMENTS: _arguments(optimizer),
        "batch_size": getattr(source, "batch_size", None),
        "number of samples": getattr(source, "num_samples", None),
        "steps per epoch": steps,
        "seed": seed,
        "seed of the data": getattr(source, "seed", None),
        "shuffle": getattr(source, "shuffle", None),
        **getattr(module, "execution", {}),
    }
    result: dict[str, Any] = json.loads(json.dumps(found))
    return result


def environment(device: torch.device) -> dict[str, Any]:
    """What may change the last bits of a result without being a mistake."""
    return {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "device": device.type,
    }


def check_same(saved: Mapping[str, Any], now: Mapping[str, Any], where: str) -> None:
    """Compares two fingerprints.

    Raises:
        CheckpointError: they differ; the message says in what.
    """
    lines = _weight_differences(saved.get("weights", {}), now["weights"])
    lines += _differences(_flat(saved), _flat(now))
    if lines:
        raise CheckpointError(
            message(
                where,
                "the checkpoint belongs to another configuration",
                fix="Configure this run as before, or use another checkpoint_dir",
            )
            + "\nWhat differs:\n"
            + "\n".join(f"  {line}" for line in lines)
        )


def _arguments(optimizer: Any) -> dict[str, Any]:
    """The optimizer's arguments that are plain values, without the learning rate."""
    try:
        given = dict(optimizer.get_config())
    except (AttributeError, ArgumentError):  # torch's own, or a rate that is a function
        given = dict(optimizer.defaults)
    kept = {}
    for name, value in sorted(given.items()):
        if name in ("lr", "learning_rate", "name"):
            continue
        if isinstance(value, (bool, int, float, str, tuple, list, type(None))):
            kept[name] = value
    return kept


def _flat(mark: Mapping[str, Any]) -> dict[str, Any]:
    """All but the weights, the optimizer's arguments by name."""
    kept = {name: value for name, value in mark.items() if name not in ("weights", _ARGUMENTS)}
    for name, value in mark.get(_ARGUMENTS, {}).items():
        kept[f"{mark.get('optimizer')} {name}"] = value
    return kept


def _differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The arguments of another class of optimizer are not compared: its name says enough."""
    return [
        f"{name}: {saved[name]!r} in the checkpoint, {value!r} now"
        for name, value in now.items()
        if name in saved and saved[name] != value
    ]


def _weight_differences(saved: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    lines = []
    for name in sorted({*saved, *now}):
        if saved.get(name) == now.get(name):
            continue
        before, after = _described(saved.get(name)), _described(now.get(name))
        lines.append(f"weight {name}: {before} in the checkpoint, {after} now")
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"... and {len(lines) - _SHOWN} more weights"]
    return lines


def _described(weight: Any) -> str:
    if weight is None:
        return "not there"
    shape, dtype = weight
    return f"{tuple(shape)} {dtype}"
