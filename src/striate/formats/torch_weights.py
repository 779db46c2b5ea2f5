"""Weights that PyTorch saved (`.pth`, `.pt`): read without running anything in them."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate.errors import FormatError, message

# Under which names training programs put the weights beside other things.
INSIDE = ("state_dict", "model_state_dict", "model")


def read_torch_weights(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a state dict by name; they are read from the file where they are used.

    Raises:
        FormatError: no such file, damaged, or it holds more than tensors.
    """
    where = str(path)
    if not path.is_file():
        raise FormatError(message(where, "there is no such file"))
    try:
        # mmap needs the zip layout that PyTorch writes since 1.6
        found = torch.load(path, "cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise FormatError(
            message(
                where,
                "the file holds more than weights and is not opened, as its code would run",
                expected="a state dict",
                fix="torch.save(model.state_dict(), path) where it comes from",
            )
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise FormatError(
            message(
                where,
                "PyTorch cannot read the file; it is damaged, or no weights",
                expected="a file that torch.save(model.state_dict(), path) wrote",
            )
        ) from error
    state = next((found[k] for k in INSIDE if _holds(found, k)), found)
    if not isinstance(state, Mapping) or not all(torch.is_tensor(v) for v in state.values()):
        raise FormatError(
            message(
                where,
                "the file holds no state dict",
                got={"content": type(state).__name__},
                expected="tensors by name",
                fix="torch.save(model.state_dict(), path)",
            )
        )
    return {str(name): _array(value) for name, value in state.items()}


def _holds(found: Any, key: str) -> bool:
    return isinstance(found, Mapping) and isinstance(found.get(key), Mapping)


def _array(value: torch.Tensor) -> np.ndarray[Any, Any]:
    value = value.detach()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()
