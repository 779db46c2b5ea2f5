"""Every random number generator that training draws from: seeding, capture, restoring.

The state is a plain dict of tensors, arrays and numbers, so that a checkpoint can hold it
without pickle. After `restore(capture())` the generators continue as if nothing had happened.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from striate.errors import ArgumentError, message


def set_seed(seed: int) -> None:
    """Seeds Python's `random`, NumPy and torch (all devices), so that a run repeats.

    Args:
        seed: 0 to 2**32 - 1, the range NumPy accepts.

    Raises:
        ArgumentError: seed is outside that range or not an integer.

    Example:
        >>> set_seed(7)
        >>> first = torch.rand(1)
        >>> set_seed(7)
        >>> bool(first == torch.rand(1))
        True
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ArgumentError(
            message(
                "set_seed",
                "the seed is out of range",
                got={"seed": seed},
                expected="an integer from 0 to 4294967295",
                fix="Use seed=0",
            )
        )
    number = int(seed)
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def capture() -> dict[str, Any]:
    """The state of every generator, as tensors, arrays and numbers."""
    version, words, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)
    state: dict[str, Any] = {
        "python": {
            "version": version,
            "words": np.array(words, dtype=np.uint64),
            "gauss": gauss,
        },
        "numpy": {
            "kind": str(kind),
            "keys": np.array(keys, dtype=np.uint32),
            "position": int(position),
            "has_gauss": int(has_gauss),
            "cached": float(cached),
        },
        "torch": torch.get_rng_state().clone(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        state["cuda"] = torch.cuda.get_rng_state_all()
    if torch.backends.mps.is_available():
        state["mps"] = torch.mps.get_rng_state()
    return state


def restore(state: Mapping[str, Any]) -> None:
    """Puts every generator back to a state that `capture` returned."""
    python, legacy = state["python"], state["numpy"]
    words = tuple(int(word) for word in python["words"])
    random.setstate((int(python["version"]), words, python["gauss"]))
    np.random.set_state(
        (
            legacy["kind"],
            np.asarray(legacy["keys"], dtype=np.uint32),
            int(legacy["position"]),
            int(legacy["has_gauss"]),
            float(legacy["cached"]),
        )
    )
    torch.set_rng_state(_bytes(state["torch"]))
    if "cuda" in state and torch.cuda.is_available():
        for index, saved in enumerate(state["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(_bytes(saved), index)
    if "mps" in state and torch.backends.mps.is_available():
        torch.mps.set_rng_state(_bytes(state["mps"]))


def _bytes(saved: Any) -> torch.Tensor:
    return torch.as_tensor(saved, dtype=torch.uint8, device="cpu")
