"""Weights of any module: set aside, put back, saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from striate.errors import ArgumentError, message
from striate.storage import tensor_writer, write_atomic


def copy_weights(module: torch.nn.Module) -> dict[str, Any]:
    """A copy of all weights and buffers on the host, by name."""
    return {
        name: value.detach().to("cpu", copy=True) if isinstance(value, torch.Tensor) else value
        for name, value in module.state_dict().items()
    }


def put_weights(module: torch.nn.Module, weights: Mapping[str, Any]) -> None:
    """Copies weights into the module's own tensors, which keep their place and memory order."""
    module.load_state_dict(dict(weights))


def save_plain_weights(module: torch.nn.Module, path: str, weights_only: bool) -> None:
    """Writes the weights of a module that cannot save itself.

    Raises:
        ArgumentError: the whole model was asked for, or the name does not end in .safetensors.
    """
    if not weights_only or not path.endswith(".safetensors"):
        raise ArgumentError(
            message(
                "ModelCheckpoint",
                f"a plain {type(module).__name__} can only be saved as weights",
                got={"filepath": path, "save_weights_only": weights_only},
                expected="save_weights_only=True and a name that ends in .safetensors",
                fix='Use ModelCheckpoint("best.safetensors", save_weights_only=True)',
            )
        )
    arrays = {
        name: value.detach().cpu().numpy()
        for name, value in module.state_dict().items()
        if isinstance(value, torch.Tensor)
    }
    write_atomic(path, tensor_writer(arrays))
