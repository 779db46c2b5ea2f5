"""Random: layers that draw random numbers, which a resumed run must draw again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from striate.graph.kinds import Kind
from striate.layers.builtin import BuiltIn
from striate.ops import random

if TYPE_CHECKING:
    from typing_extensions import Self


class Random(BuiltIn):
    """A layer that draws random numbers in training.

    Without a seed it draws from torch's global stream, whose state a checkpoint keeps. With one,
    its draws are numbered, and the numbers of a draw are a function of (seed, number of the draw).
    The count is part of the layer's state, so a resumed run draws what it would have drawn.
    Kinds of such layers have a field `seed`.
    """

    draws: Tensor

    def __init__(self, kind: type[Kind], arguments: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(kind, arguments, **kwargs)
        if self.seed is not None:
            self.register_buffer("draws", torch.zeros((), dtype=torch.int64))

    def stream(self, like: Tensor) -> torch.Generator | None:
        """The generator of the next draw, on the device of `like`; None for the global one."""
        if self.seed is None:
            return None
        step = int(self.draws)
        self.draws += 1
        return random.generator(self.seed, step, like.device)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        # the count stays on the CPU: reading it must not wait for a device
        draws = self._buffers.pop("draws", None)
        try:
            super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        finally:
            if draws is not None:
                self._buffers["draws"] = draws
        return self
