"""profile: how long each step takes on this machine, predicted and measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from striate import errors
from striate.analysis.table import html_table, text_table
from striate.graph import Graph
from striate.ops.layout import to_internal
from striate.plan.operation import ACTIVATION, Operation

FLOAT_BYTES = 4
ROUNDS = 5


@dataclass(frozen=True)
class Machine:
    """What the machine can do at best, as two quick measurements say.

    Args:
        flops: operations per second of a large float32 matrix product.
        bytes_per_second: of memory that is read and written.
    """

    flops: float
    bytes_per_second: float


@dataclass(frozen=True)
class StepTime:
    """One step of the plan.

    Args:
        name: the step.
        layers: the layers whose work it does.
        predicted_ms: the longer of computing at the peak and moving its data at the peak.
        measured_ms: the shortest of several rounds.
        bound_by: "arithmetic" or "memory", whichever is predicted to take longer.
    """

    name: str
    layers: tuple[str, ...]
    predicted_ms: float
    measured_ms: float
    bound_by: str


@dataclass(frozen=True)
class Profile:
    """What `Model.profile` returns: the steps of inference, predicted and measured.

    Args:
        name: the model's name.
        batch_size: samples at once.
        machine: its peaks.
        steps: in order.
    """

    name: str
    batch_size: int
    machine: Machine
    steps: tuple[StepTime, ...]

    @property
    def measured_ms(self) -> float:
        """All steps together."""
        return sum(step.measured_ms for step in self.steps)

    @property
    def predicted_ms(self) -> float:
        """All steps together: no execution on this machine can be faster by much."""
        return sum(step.predicted_ms for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return asdict(self)

    def records(self) -> list[dict[str, Any]]:
        """One dict per step."""
        return [asdict(step) for step in self.steps]

    def _title(self) -> str:
        peak, moved = self.machine.flops / 1e9, self.machine.bytes_per_second / 1e9
        machine = f"{peak:,.0f} GFLOP/s, {moved:,.0f} GB/s"
        return f"{self.name}: inference, batch of {self.batch_size}, {machine}"

    def _rows(self) -> list[tuple[str, ...]]:
        total = ("in all", f"{self.predicted_ms:.3f}", f"{self.measured_ms:.3f}", "")
        rows = [
            (s.name, f"{s.predicted_ms:.3f}", f"{s.measured_ms:.3f}", s.bound_by)
            for s in self.steps
        ]
        return [*rows, total]

    def __str__(self) -> str:
        return f"{self._title()}\n\n{text_table(_HEADER, self._rows(), right=(1, 2))}"

    def _repr_html_(self) -> str:
        return f"<p>{self._title()}</p>{html_table(_HEADER, self._rows(), right=(1, 2))}"


_HEADER = ("step", "predicted ms", "measured ms", "bound by")


def profile(model: Any, batch_size: int = 32) -> Profile:
    """Runs a model's plan of inference step by step on random data.

    The prediction is the roofline (Williams et al. 2009, https://doi.org/10.1145/1498765.1498785):
    a step takes as long as its operations at the peak of a matrix product, or as moving its
    inputs, weights and results at the bandwidth of memory, whichever is longer.

    Args:
        model: the model; it is measured where its weights are.
        batch_size: samples at once.

    Raises:
        ArgumentError: an input with an open size.
    """
    graph: Graph = model.graph
    inputs = [
        _random(model.where, spec.shape[1:], batch_size, spec.dtype) for spec in graph.input_specs
    ]
    place = next((p.device for p in model.parameters()), torch.device("cpu"))
    inputs = [to_internal(x.to(place)) for x in inputs]
    with torch.no_grad(), model.mode(False):
        program = model.program()
        times = [float("inf")] * len(program.plan.operations)
        for _ in range(ROUNDS):
            slots: list[Any] = [None] * program.num_slots
            for i, x in zip(program.enter, inputs, strict=True):
                slots[i] = x
            timed = [
                (_timed(function, times, i, place), *rest)
                for i, (function, *rest) in enumerate(program._calls)
            ]
            program.run_calls(timed, slots)
    machine = machine_peaks(place.type)
    steps = zip(program.plan.operations, times, strict=True)
    found = tuple(_step(graph, op, 1e3 * t, batch_size, machine) for op, t in steps)
    return Profile(graph.name, batch_size, machine, found)


def _random(where: str, shape: tuple[int | None, ...], count: int, dtype: str) -> Tensor:
    known = [n for n in shape if n is not None]
    if len(known) < len(shape):
        raise errors.ArgumentError(
            errors.message(
                where,
                "a profile needs known sizes",
                got={"input shape": (None, *shape)},
                expected="an input whose height and width are given",
            )
        )
    return torch.rand(count, *known).to(getattr(torch, dtype))


def _timed(
    function: Callable[..., Any], times: list[float], i: int, place: torch.device
) -> Callable[..., Any]:
    def run(*values: Any) -> Any:
        start = _now(place)
        out = function(*values)
        times[i] = min(times[i], _now(place) - start)
        return out

    return run


def _now(place: torch.device) -> float:
    if place.type == "cuda":
        torch.cuda.synchronize(place)
    return time.perf_counter()


def _step(
    graph: Graph, op: Operation, measured_ms: float, batch_size: int, machine: Machine
) -> StepTime:
    """An operation's time by the roofline, beside the measured one."""
    node = graph[op.node]
    inputs = tuple(graph.spec(port) for port in node.inputs)
    macs = 0 if op.part == ACTIVATION else node.kind.macs(*inputs) or 0
    specs = (node.output, node.output) if op.part == ACTIVATION else (*inputs, *node.outputs)
    values = batch_size * sum(spec.features or 0 for spec in specs)
    values += 0 if op.part == ACTIVATION else node.num_parameters
    computing = 2 * macs * batch_size / machine.flops
    moving = FLOAT_BYTES * values / machine.bytes_per_second
    bound = "arithmetic" if computing > moving else "memory"
    return StepTime(op.name, op.nodes, 1e3 * max(computing, moving), measured_ms, bound)


@cache
def machine_peaks(device: str) -> Machine:
    """Peak of float32 matrix products and bandwidth of memory; measured once per process."""
    place = torch.device(device)
    size = 1024
    a = torch.rand(size, size, device=place)
    seconds = _shortest(lambda: a @ a, place)
    block = torch.rand(16 * 2**20, device=place)
    out = torch.empty_like(block)
    moved = _shortest(lambda: out.copy_(block), place)
    return Machine(2 * size**3 / seconds, 2 * FLOAT_BYTES * block.numel() / moved)


def _shortest(work: Callable[[], Any], place: torch.device) -> float:
    times = []
    for _ in range(ROUNDS):
        start = _now(place)
        work()
        times.append(_now(place) - start)
    return min(times)
