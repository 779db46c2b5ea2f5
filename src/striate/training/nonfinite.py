"""Where NaN or infinity began: in the input, a weight, a layer's output, or the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from striate.errors import message
from striate.training import random_state

_LOWER = "Lower the learning rate, or clip gradients with clipnorm=1.0"
_DATA = "Remove or repair these values before training"


def explain_nonfinite(
    module: torch.nn.Module, x: Any, y: Any, loss: torch.Tensor, where: str
) -> str:
    """Names the first thing that was not finite when a batch gave this loss.

    Runs the batch through the module once more, watching every layer without sub-layers in the
    order of execution. Random states and buffers (moving averages) are put back afterwards.

    Args:
        module: with the weights that gave the loss.
        x: the inputs, as the module got them.
        y: the targets.
        loss: the value that is not finite.
        where: epoch and batch, for the message.
    """
    value = float(loss.detach())
    what, fix = _first_cause(module, x, y)
    return message(where, f"the loss is {value}: {what}", fix=fix)


def _first_cause(module: torch.nn.Module, x: Any, y: Any) -> tuple[str, str]:
    if not all_finite(x):
        return "the input batch holds values that are not finite", _DATA
    for name, weight in module.named_parameters():
        if not all_finite(weight):
            owner, kind = _owner(module, name)
            return (
                f"the weight {name} of {owner} ({kind}) is not finite, "
                "so an earlier update has spoilt it",
                _LOWER,
            )
    found = first_nonfinite_layer(module, x)
    if found is not None:
        name, kind, from_input = found
        if from_input:
            return (
                f"the input of {name} ({kind}) is not finite; the operation before it, "
                "which is no layer of its own, made it so",
                _LOWER,
            )
        return f"{name} ({kind}) is the first layer whose output is not finite", _LOWER
    if not all_finite(y):
        return "every layer's output is finite, but the targets are not", _DATA
    return (
        "every layer's output is finite, it is the loss itself that is not",
        "Use from_logits=True or a loss that suits the output, and "
        + _LOWER[0].lower()
        + _LOWER[1:],
    )


def first_nonfinite_layer(module: torch.nn.Module, x: Any) -> tuple[str, str, bool] | None:
    """(name, kind, whether its input was already not finite) of the first such layer, or None."""
    found: list[tuple[str, str, bool]] = []
    handles = []
    for name, layer in module.named_modules():
        if next(layer.children(), None) is None:
            handles.append(layer.register_forward_hook(_watcher(name or "module", found)))
    try:
        with torch.no_grad(), unchanged(module):
            module(x)
    finally:
        for handle in handles:
            handle.remove()
    return found[0] if found else None


def all_finite(value: Any) -> bool:
    """Whether a tensor, or every tensor in a tuple, list or dict, is free of NaN and infinity."""
    if isinstance(value, torch.Tensor):
        return not value.is_floating_point() or bool(torch.isfinite(value).all())
    if isinstance(value, Mapping):
        return all(all_finite(item) for item in value.values())
    if isinstance(value, (tuple, list)):
        return all(all_finite(item) for item in value)
    return True


def _watcher(name: str, found: list[tuple[str, str, bool]]) -> Any:
    def watch(layer: torch.nn.Module, inputs: Any, output: Any) -> None:
        if not found and not all_finite(output):
            found.append((name, type(layer).__name__, not all_finite(inputs)))

    return watch


@contextmanager
def unchanged(module: torch.nn.Module) -> Iterator[None]:
    """Puts random states and buffers (moving averages) back after the block."""
    random_before = random_state.capture()
    buffers_before = [(buffer, buffer.detach().clone()) for buffer in module.buffers()]
    try:
        yield
    finally:
        for buffer, before in buffers_before:
            buffer.copy_(before)
        random_state.restore(random_before)


def _owner(module: torch.nn.Module, weight: str) -> tuple[str, str]:
    path = weight.rpartition(".")[0]
    layer = module.get_submodule(path) if path else module
    return path or "module", type(layer).__name__
