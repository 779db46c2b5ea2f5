"""Counts the bytes of tensors that are alive."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode


class Living(TorchDispatchMode):
    """The most bytes that tensors made inside took at one time, by counting storages."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(value, torch.Tensor):
                self.seen(value)
        return out

    def seen(self, value: torch.Tensor) -> None:
        """Counts a new storage until it is freed."""
        storage = value.untyped_storage()
        place, size = storage._cdata, storage.nbytes()
        if place in self.known or size == 0:
            return
        self.known.add(place)
        self.now += size
        self.most = max(self.most, self.now)

        def gone() -> None:
            self.known.discard(place)
            self.now -= size

        weakref.finalize(storage, gone)


def most_bytes(run: Callable[[], object]) -> int:
    """The most bytes of tensors that `run` had at one time."""
    with Living() as living:
        run()
    return living.most
