"""One batch by hand: `train_on_batch`, `test_on_batch`, `predict_on_batch`."""

from __future__ import annotations

from typing import Any

import torch

from striate.ops.device import device as choose_device
from striate.ops.modules import move
from striate.training.ahead import send_to
from striate.training.compiled import Compiled, require_compiled
from striate.training.loop import bind_optimizer, listed
from striate.training.outputs import layout_of, map_tensors, to_batch
from striate.training.own_step import stepper_of
from striate.training.passes import evaluation_mode
from striate.training.step import Stepper


def train_on_batch(
    module: torch.nn.Module,
    compiled: Compiled | None,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    device: str | torch.device = "auto",
    return_dict: bool = False,
) -> float | list[Any] | dict[str, Any]:
    """One update from one batch of arrays or tensors; returns the batch's loss and metrics.

    Args:
        module: any `torch.nn.Module`; it is put into training mode.
        compiled: see `Compiled`.
        x: an array, or a tuple, list or dict of arrays for several inputs.
        y: targets, likewise for several outputs.
        sample_weight: one weight per sample.
        device: as in `fit`.
        return_dict: a dict by name instead of a list.

    Raises:
        NotCompiledError: `compiled` is None.
    """
    compiled = require_compiled(compiled, "train_on_batch")
    stepper = _stepper(module, compiled, device, "train_on_batch")
    bind_optimizer(module, compiled, "train_on_batch")
    module.train()
    stepper.train(to_batch(x), to_batch(y), to_batch(sample_weight))
    logs = stepper.results()
    return logs if return_dict else listed(compiled, logs)


def evaluate_on_batch(
    module: torch.nn.Module,
    compiled: Compiled | None,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    device: str | torch.device = "auto",
    return_dict: bool = False,
) -> float | list[Any] | dict[str, Any]:
    """Loss and metrics of one batch, in evaluation mode; arguments as in `train_on_batch`.

    Raises:
        NotCompiledError: `compiled` is None.
    """
    compiled = require_compiled(compiled, "test_on_batch")
    stepper = _stepper(module, compiled, device, "test_on_batch")
    with evaluation_mode(module):
        stepper.test(to_batch(x), to_batch(y), to_batch(sample_weight))
    logs = stepper.results()
    return logs if return_dict else listed(compiled, logs)


# Keras's name. The function has another one, because test runners collect what is called test_*.
test_on_batch = evaluate_on_batch


def predict_on_batch(
    module: torch.nn.Module, x: Any, *, device: str | torch.device = "auto"
) -> Any:
    """The outputs for one batch as NumPy arrays, in evaluation mode."""
    place = choose_device(device)
    move(module, place)
    with evaluation_mode(module):
        outputs = module(send_to(to_batch(x), place))
    layout_of(outputs, None)  # says what is wrong with outputs that are no tensors
    return map_tensors(outputs, lambda output: output.detach().cpu().numpy())


def _stepper(
    module: torch.nn.Module, compiled: Compiled, device: str | torch.device, where: str
) -> Stepper:
    place = choose_device(device)
    move(module, place)
    return stepper_of(module, compiled, place, where)
