"""A training step recorded once as a CUDA graph, and then repeated without Python.

A step of a small network is some hundred short kernels, and starting them takes the host longer
than the card needs to compute them. A CUDA graph starts all of them at once. Recorded are the
forward pass, the loss and the backward pass, for batches of one shape; the optimizer's few fused
kernels and the metrics run as always, so that learning rates and counts stay what they are. A
batch of another shape, such as a short last one, runs unrecorded: nothing is compiled anew.

References: https://pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from striate.ops.masks import attach, mask_of
from striate.training import random_state
from striate.training.ahead import send_to
from striate.training.outputs import map_tensors
from striate.training.progress import say

if TYPE_CHECKING:
    from striate.training.step import Stepper

WARM_UP = 4  # steps before anything is timed: libraries choose kernels
TIMED = 12  # steps that are timed, before and after recording
COST_STEPS = 6  # steps that recording takes the time of
COST_S = 0.5  # and what it takes besides
GAIN = 0.95  # a recorded step must take less than this share of the time


@dataclass(frozen=True)
class Recorded:
    """A recorded step; its results are tensors that the next repetition overwrites.

    Args:
        graph: the CUDA graph.
        inputs: the batch that it reads.
        stamp: of the module's state that it holds for.
        results: what `Stepper.forward_backward` returned.
        gradients: of each parameter.
    """

    graph: Any
    inputs: tuple[Any, Any, Any]
    stamp: tuple[Any, ...]
    results: tuple[Any, ...]
    gradients: list[tuple[torch.nn.Parameter, torch.Tensor | None]]

    def repeat(self, batch: tuple[Any, Any, Any]) -> None:
        """The step for another batch of the same shapes."""
        for place, part in zip(self.inputs, batch, strict=True):
            for tensor, value in zip(_leaves(place), _leaves(part), strict=True):
                tensor.copy_(value, non_blocking=True)
        self.graph.replay()
        for parameter, gradient in self.gradients:
            parameter.grad = gradient


class Replay:
    """Decides whether steps are recorded, records one, and repeats it.

    Args:
        stepper: its `forward_backward` is what is recorded.
        always: records without measuring whether it pays.
        steps: steps to run in all, None if unknown.
        verbose: whether the decision is printed.
    """

    def __init__(self, stepper: Stepper, always: bool, steps: int | None, verbose: int = 0) -> None:
        self.stepper, self.module, self.device = stepper, stepper.module, stepper.device
        self.always, self.steps, self.verbose = always, steps, verbose
        self.recorded: Recorded | None = None
        self.refused = ""
        self._parameters = list(self.module.parameters())
        self._count = 0
        self._shapes: Any = None
        self._begun = 0.0
        self._eager_s = 0.0
        reason = obstacle(stepper)
        if reason:
            self._refuse(reason)

    def __call__(self, x: Any, y: Any, weight: Any) -> Recorded | None:
        """The step's results if it was repeated from the record; None: run it as always."""
        if self.refused:
            return None
        batch = (x, y, weight)
        shapes = [(t.shape, t.dtype) for part in batch for t in _leaves(part)]
        if self._shapes is None:
            self._shapes = shapes
        if shapes != self._shapes:
            if [s[:1] for s, _ in shapes] != [s[:1] for s, _ in self._shapes]:
                return None
            self._begin_anew(shapes)
        self._count += 1
        if self.recorded is None and not self._due():
            return None
        self.stepper.check_repeated(y)
        if self.recorded is None or self.recorded.stamp != self._stamp():
            self.recorded = self._record(batch)
            if self.recorded is None:
                return None
        self.recorded.repeat(batch)
        self._compare()
        return self.recorded

    def _begin_anew(self, shapes: Any) -> None:
        """For as many samples of another shape: images of another size, from this epoch on."""
        if self.steps is not None:
            self.steps -= self._count
        self._shapes, self._count, self.recorded = shapes, 0, None

    def _due(self) -> bool:
        """Whether to record now: after warm steps were timed, if enough of them are to come."""
        if self.always:
            return self._count > WARM_UP
        if self._count == WARM_UP:
            self._begun = self._now()
        if self._count < WARM_UP + TIMED:
            return False
        self._eager_s = (self._now() - self._begun) / TIMED
        left = None if self.steps is None else self.steps - self._count
        cost = COST_S + COST_STEPS * self._eager_s
        if left is not None and left * self._eager_s / 2 < cost:  # at best, half is saved
            self._refuse(f"{left} steps of {1e3 * self._eager_s:.1f} ms are too few to gain by it")
            return False
        return True

    def _compare(self) -> None:
        """After some repetitions: keeps what is faster, and says so."""
        since = self._count - WARM_UP - TIMED
        if self.always or since > TIMED + 1:
            return
        if since == 1:
            self._begun = self._now()
        elif since == TIMED + 1:
            found = (self._now() - self._begun) / TIMED
            times = f"{1e3 * found:.2f} ms a step instead of {1e3 * self._eager_s:.2f} ms"
            if found < GAIN * self._eager_s:
                self._tell(f"Steps are repeated from one CUDA graph: {times}.")
            else:
                self._refuse(f"it was tried and does not pay ({times})")

    def _now(self) -> float:
        torch.cuda.synchronize(self.device)
        return time.perf_counter()

    def _refuse(self, reason: str) -> None:
        self.refused, self.recorded = reason, None
        self._tell(f"Steps are not recorded as a CUDA graph: {reason}.")

    def _tell(self, text: str) -> None:
        if self.verbose:
            say(text)

    def _stamp(self) -> tuple[Any, ...]:
        """Changes when what was recorded no longer holds: weights moved, layers frozen, modes."""
        program = getattr(self.module, "program", None)
        now = None if program is None else id(program())
        return (now, *((p.data_ptr(), p.requires_grad) for p in self._parameters))

    def _record(self, batch: tuple[Any, Any, Any]) -> Recorded | None:
        """Records the step; what doing so changes of the module's state is put back."""
        parameters = self._parameters
        inputs = tuple(map_tensors(send_to(part, self.device), torch.clone) for part in batch)
        buffers = [(b, b.clone()) for b in self.module.buffers()]
        before = random_state.capture()
        side = _side_stream(self.device)
        side.wait_stream(torch.cuda.current_stream(self.device))
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(side):
                self._clear(parameters)
                self.stepper.forward_backward(*inputs)
                self._clear(parameters)
            torch.cuda.current_stream(self.device).wait_stream(side)
            with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
                loss, flat, *rest = self.stepper.forward_backward(*inputs)
            drawn = _host_draws(before, random_state.capture())
        except RuntimeError as error:
            self._clear(parameters)
            self._refuse(str(error).partition("\n")[0][:200])
            return None
        finally:
            with torch.no_grad():
                for buffer, value in buffers:
                    buffer.copy_(value)
            random_state.restore(before)
        if drawn:
            self._refuse("a layer draws random numbers on the host, which a record would repeat")
            self._clear(parameters)
            return None
        gradients = [(p, p.grad) for p in parameters]
        outputs = tuple(attach(output.detach(), mask_of(output)) for output in flat)
        results = (loss.detach(), outputs, *rest)
        return Recorded(graph, inputs, self._stamp(), results, gradients)

    def _clear(self, parameters: list[torch.nn.Parameter]) -> None:
        for parameter in parameters:
            parameter.grad = None


def obstacle(stepper: Stepper) -> str:
    """ "" if nothing is known that forbids recording steps, else what does.

    A module may answer for itself, by a method `recording_obstacle`.
    """
    if isinstance(stepper.compiled.loss, (list, tuple, dict)):
        return "several losses keep means of their own, on the host"
    ask = getattr(stepper.module, "recording_obstacle", None)
    return ask() if ask is not None else ""


@functools.cache
def _side_stream(device: torch.device) -> torch.cuda.Stream:
    """One for all records: cuBLAS keeps tens of megabytes for each stream that it has seen."""
    return torch.cuda.Stream(device)


def _host_draws(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a generator of the host was drawn from."""
    python = (before["python"]["words"] != after["python"]["words"]).any()
    numpy = (before["numpy"]["keys"] != after["numpy"]["keys"]).any()
    moved = before["numpy"]["position"] != after["numpy"]["position"]
    return bool(python or numpy or moved or not torch.equal(before["torch"], after["torch"]))


def _leaves(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif value is not None:
        for item in value:
            yield from _leaves(item)
