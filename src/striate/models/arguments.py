"""What arguments of `fit` stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from striate import data, errors
from striate.models.capacity import needs_recompute
from striate.ops.device import device as choose_device
from striate.training.callbacks import BackupAndRestore
from striate.training.loop import whole
from striate.training.progress import say

if TYPE_CHECKING:
    from striate.models.training import Trainable

Device = str | torch.device


def recomputes(
    model: Trainable,
    choice: bool | str,
    size: int | None,
    precision: str,
    device: Device,
    verbose: str | int,
) -> bool:
    """Whether values are computed again in the backward pass; says why if nobody asked for it."""
    if isinstance(choice, bool):
        return choice
    if choice != "auto":
        raise errors.ArgumentError(
            errors.message(
                "fit",
                "recompute is not understood",
                got={"recompute": choice},
                expected='"auto", True or False',
            )
        )
    reason = needs_recompute(model, size, precision, choose_device(device))
    if reason and verbose:
        say(reason)
    return bool(reason)


def seed_of_order(seed: int | None, checkpoint_dir: object, callbacks: Any) -> int:
    """A run that can be resumed needs an order that the next process finds again."""
    if seed is not None:
        return seed
    return (
        0 if checkpoint_dir is not None or _backed_up(callbacks) else int(torch.randint(2**31, ()))
    )


def _backed_up(callbacks: Any) -> bool:
    if isinstance(callbacks, (list, tuple)):
        return any(_backed_up(c) for c in callbacks)
    return isinstance(callbacks, BackupAndRestore)


def validation_source(given: Any, batch_size: int | None, steps: float | None) -> Any:
    """The batches of `validation_data`."""
    if given is None:
        return None
    parts = given if isinstance(given, tuple) else (given,)
    count = whole("validation_steps", steps, 1)
    return data.source(*parts, batch_size=batch_size, shuffle=False, steps=count)
