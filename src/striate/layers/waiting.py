"""Waiting weights: recorded with the layer, made when somebody first reads them.

A network of a hundred million weights is then built, summarised and drawn in no memory, and a file
fills weights that were never initialised. torch reaches what a module owns only through its dicts
`_parameters` and `_buffers`. While weights wait the module has no such dicts of its own, so the
class answers for them, makes all weights of this one layer, and puts the dicts back: from then on
nothing differs from any other module, in speed neither.

The numbers of a weight depend on one draw from torch's generator, made when it is recorded. So a
seed gives the same weights whichever are read first, and none is drawn from for reading.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from striate.errors import ArgumentError, message
from striate.graph.kinds import WeightSpec
from striate.graph.spec import product
from striate.ops import initializers
from striate.ops.modules import parts

# Initialisers that can run later: no error to raise, and no code of a user's that would notice.
LATER = frozenset(
    {
        initializers.Zeros,
        initializers.Ones,
        initializers.RandomNormal,
        initializers.RandomUniform,
        initializers.TruncatedNormal,
        initializers.VarianceScaling,
        initializers.GlorotNormal,
        initializers.GlorotUniform,
        initializers.HeNormal,
        initializers.HeUniform,
        initializers.LecunNormal,
        initializers.LecunUniform,
    }
)
_LOCK = threading.RLock()  # two threads may read the first weight of a layer at once


@dataclass(frozen=True)
class Waiting:
    """A weight that was recorded.

    Args:
        spec: what it is.
        order: its axes from the outermost in memory to the innermost.
        start: its initialiser, with a seed, or its value.
        device: where it will be.
    """

    spec: WeightSpec
    order: Sequence[int]
    start: Callable[[tuple[int, ...]], Tensor] | Tensor
    device: torch.device

    def made(self, values: bool) -> Tensor:
        """Its tensor; without `values`, memory that somebody else will fill."""
        shape, start = self.spec.shape, self.start
        if not values:
            return _empty(shape, self.order, device=self.device)
        found = start if isinstance(start, Tensor) else start(shape)
        return stored(found, self.order).to(self.device)


class Answering:
    """Stands for a dict of a module while the module has none of its own: makes what waits."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, module: Any, owner: type) -> Any:
        if module is None:
            return self
        module.make_waiting()
        return module.__dict__[self.name]


class WaitingWeights(nn.Module):
    """A module whose weights are made when they are first read."""

    if not TYPE_CHECKING:
        _parameters = Answering()
        _buffers = Answering()

    _waiting: dict[str, Waiting]
    _held: tuple[dict[str, Any], dict[str, Any]]
    _trainable: bool

    def __init__(self) -> None:
        super().__init__()
        self._waiting = {}

    def let_wait(self, spec: WeightSpec, order: Sequence[int], start: Any) -> None:
        """Records a weight, to be made from `start` when it is read."""
        state = self.__dict__
        waiting = Waiting(spec, order, start, torch.get_default_device())
        if not state["_waiting"]:
            state["_held"] = (state.pop("_parameters"), state.pop("_buffers"))
        state["_waiting"][spec.name] = waiting

    def make_waiting(self, values: bool = True) -> None:
        """Makes the weights that wait; without `values`, as memory that is not initialised."""
        with _LOCK:
            state = self.__dict__
            waiting = state.get("_waiting")
            if not waiting:
                return
            parameters, buffers = state["_held"]
            # whatever the reader is doing, these are ordinary tensors
            with torch.inference_mode(False), torch.no_grad(), torch.device("cpu"):
                for name, weight in waiting.items():
                    made = weight.made(values)
                    if weight.spec.trainable:
                        parameters[name] = nn.Parameter(made, requires_grad=self._trainable)
                    else:
                        buffers[name] = made
            state["_parameters"], state["_buffers"] = parameters, buffers
            state["_waiting"], state["_held"] = {}, ({}, {})  # last: others look here first

    def waits_for(self, name: str) -> bool:
        """Whether a weight of this name is still to be made."""
        return name in self.__dict__.get("_waiting", ())

    def __getattr__(self, name: str) -> Tensor | nn.Module:
        if self._keeps(name):
            self.make_waiting()
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self.__dict__.get("_waiting") and (
            isinstance(value, (Tensor, nn.Module)) or self._keeps(name)
        ):
            self.make_waiting()
        super().__setattr__(name, value)

    def _keeps(self, name: str) -> bool:
        """Whether torch would look for it in the dicts that are put away."""
        state = self.__dict__
        return bool(state.get("_waiting")) and any(
            name in names for names in (state["_waiting"], *state["_held"])
        )

    def register_parameter(self, name: str, param: Any) -> None:
        """As torch's, after what waits."""
        self.make_waiting()
        super().register_parameter(name, param)

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """As torch's, after what waits."""
        self.make_waiting()
        super().register_buffer(name, tensor, persistent)

    def __getstate__(self) -> dict[str, Any]:
        self.make_waiting()  # copies and pickles hold weights
        return dict(self.__dict__)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *args: Any) -> None:
        found = {name: state_dict.get(prefix + name) for name in self._waiting}
        whole = all(
            isinstance(value, Tensor) and tuple(value.shape) == self._waiting[name].spec.shape
            for name, value in found.items()
        )
        self.make_waiting(values=not whole)
        super()._load_from_state_dict(state_dict, prefix, *args)


def started(initializer: Any, shape: tuple[int, ...]) -> Any:
    """What a weight starts as: an initialiser that can run later, or the tensor it gives now.

    Without a seed of its own it gets one here, drawn from torch's generator.
    """
    if type(initializer) not in LATER:
        _spend(shape)
        return torch.as_tensor(initializer(shape), dtype=torch.float32)
    if not isinstance(initializer, initializers.Seeded) or initializer.seed is not None:
        return initializer
    seeded = copy.copy(initializer)
    seeded.seed = int(torch.empty((), dtype=torch.int64, device="cpu").random_())
    return seeded


_LEFT: ContextVar[list[int] | None] = ContextVar("_LEFT", default=None)


@contextmanager
def at_most(values: int) -> Iterator[None]:
    """Inside, weights of initialisers that run at once have no more values than this together.

    For files of strangers, which may describe more than any memory holds.

    Raises:
        ArgumentError: a layer needs more.
    """
    token = _LEFT.set([values])
    try:
        yield
    finally:
        _LEFT.reset(token)


def _spend(shape: tuple[int, ...]) -> None:
    left = _LEFT.get()
    if left is None:
        return
    left[0] -= product(shape) or 0
    if left[0] < 0:
        raise ArgumentError(
            message(
                "",
                "a weight is larger than the file can hold",
                got={"shape": shape},
                expected="weights that the file holds",
            )
        )


def allocate(module: nn.Module) -> None:
    """Makes every waiting weight inside as memory to be filled at once, without values."""
    for part in parts(module):
        if isinstance(part, WaitingWeights):
            part.make_waiting(values=False)


def shape_of(module: nn.Module, name: str) -> tuple[int, ...]:
    """The shape of a weight of a module, made or not."""
    if isinstance(module, WaitingWeights) and module.waits_for(name):
        return module._waiting[name].spec.shape
    return tuple(getattr(module, name).shape)


def device_of(module: nn.Module) -> torch.device | None:
    """Where the first weight of a module is, or will be; None if there is none."""
    for part in parts(module):
        waiting: Iterable[Waiting] = part.__dict__.get("_waiting", {}).values()
        held = part.__dict__.get("_parameters") or {}
        for weight in (*waiting, *held.values()):
            if weight is not None:
                return weight.device  # type: ignore[no-any-return]
    return None


def stored(value: Tensor, order: Sequence[int]) -> Tensor:
    """The same values with memory ordered so that axis order[0] is outermost.

    Strides of axes of size 1 are as if there were more: `contiguous` would leave them as they
    are, and torch then takes the kernel of a single filter for one of another layout.
    """
    if value.dim() < 2:
        return value.clone()
    return _empty(value.shape, order, device=value.device).copy_(value)


def _empty(shape: Sequence[int], order: Sequence[int], device: torch.device) -> Tensor:
    if len(shape) < 2:
        return torch.empty(tuple(shape), dtype=torch.float32, device=device)
    back = sorted(range(len(shape)), key=lambda axis: order[axis])
    laid = torch.empty([shape[axis] for axis in order], dtype=torch.float32, device=device)
    return laid.permute(*back)
