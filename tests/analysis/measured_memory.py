"""The memory that a training step and a prediction really use.

Torch reports every allocation and release of its CPU allocator to its profiler. The profiler runs
from before the weights are made, so that each release has its allocation; the sum so far is what
is in use, and its largest value within the measured step is the peak. It counts tensors and the
scratch tensors of kernels, not what the allocator or the C library holds in reserve (as the
resident size of the process would).
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from striate.models import Model
from striate.training.loop import bind_optimizer
from striate.training.step import Stepper


@dataclass(frozen=True)
class Peaks:
    training_bytes: int
    inference_bytes: int


def measured(
    build: Callable[[], Model], x: torch.Tensor, y: torch.Tensor, precision: str, optimizer: str
) -> tuple[Model, Peaks]:
    """The model and the peaks of its second training step and its second prediction."""
    gc.collect()  # what an earlier measurement left must not be released in this one
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True, acc_events=True) as seen:
        x = x.clone()
        model = build()
        model.compile(optimizer, "sparse_categorical_crossentropy")
        train(model, x, y, precision)
        for parameter in model.parameters():
            parameter.grad = None
        model._compiled = None
        gc.collect()
        model.eval()
        with model.executing(True, "float32", "float32", "predict"), torch.no_grad():
            model(x)
            with record_function("prediction"):
                model(x)
    events: list[Any] = list(seen.profiler.kineto_results.events())  # type: ignore[union-attr]
    return model, Peaks(peak(events, "training step"), peak(events, "prediction"))


def train(model: Model, x: torch.Tensor, y: torch.Tensor, precision: str) -> None:
    bind_optimizer(model, model._compiled, "fit")  # type: ignore[arg-type]
    with model.executing(True, precision, "float32", "fit"):
        model.train()
        stepper = Stepper(model, model._compiled, torch.device("cpu"), "fit")  # type: ignore[arg-type]
        stepper.train(x, y, None)
        with record_function("training step"):
            stepper.train(x, y, None)


def peak(events: list[Any], name: str) -> int:
    """The most that was in use during an event."""
    (span,) = [e for e in events if e.name() == name]
    first, last = span.start_ns(), span.start_ns() + span.duration_ns()
    changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    in_use = most = 0
    for at, change in changes:
        in_use += change
        if first <= at <= last:
            most = max(most, in_use)
    return most
