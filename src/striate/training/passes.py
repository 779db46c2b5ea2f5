"""One pass over the data without updates: evaluation and prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import islice
from typing import Any

import numpy as np
import torch

from striate.errors import DataError, message
from striate.ops.modules import parts
from striate.training.ahead import Batch, copied_ahead, made_ahead, send_to
from striate.training.callbacks.callback_list import CallbackList
from striate.training.outputs import OutputLayout, layout_of
from striate.training.step import Stepper

Array = np.ndarray[Any, np.dtype[Any]]


@contextmanager
def batches_of(
    source: Any,
    epoch: int,
    start: int,
    steps: int | None,
    device: torch.device,
    targets: Callable[[], bool] = lambda: True,
) -> Iterator[Iterator[Batch]]:
    """The batches from `start` to `steps` of an epoch; the source's iterator is closed after.

    Args:
        source: the batches.
        epoch: which epoch.
        start: the first batch.
        steps: the batch to stop before, if the source does not.
        device: where they are used; for an NVIDIA card they are copied one step ahead.
        targets: whether targets are copied ahead, too.
    """
    with ExitStack() as stack:

        def closed_after(batches: Iterator[Batch]) -> Iterator[Batch]:
            if hasattr(batches, "close"):
                stack.callback(batches.close)
            return batches

        found = closed_after(iter(source.batches(epoch, start)))
        if steps is not None:
            found = islice(found, max(steps - start, 0))
        if getattr(source, "independent", False):
            found = closed_after(made_ahead(found))
        if device.type == "cuda" and getattr(source, "rewindable", True):
            found = closed_after(copied_ahead(found, device, targets))
        yield found


def skip_taken(source: Any, batches: int) -> None:
    """Brings a source that cannot be rewound (a generator) to where a resumed run left it."""
    if source is not None and not getattr(source, "rewindable", True):
        source.skip(batches)


@contextmanager
def evaluation_mode(module: torch.nn.Module) -> Iterator[None]:
    """`module.eval()` without gradients; afterwards in the mode it was.

    A module may have an `inference_scope`, a context manager to be in meanwhile.
    """
    was_training = module.training
    scope = getattr(module, "inference_scope", nullcontext)
    if any(part.training for part in parts(module)):
        module.eval()
    try:
        with torch.no_grad(), scope():
            yield
    finally:
        if was_training:
            module.train()


def run_test(
    stepper: Stepper,
    source: Any,
    steps: int | None,
    callbacks: CallbackList,
    after_batch: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Evaluates; returns the results by name.

    Args:
        stepper: of the module.
        source: the batches.
        steps: at most so many of them.
        callbacks: their test hooks are called.
        after_batch: may raise to stop.

    Raises:
        DataError: the source gives no batch.
    """
    begins = callbacks.wants("on_test_batch_begin")
    ends = callbacks.wants("on_test_batch_end")
    callbacks.on_test_begin()
    if stepper.objective is not None:
        stepper.objective.reset()
    batch = 0
    given = batches_of(source, 0, 0, steps, stepper.device, lambda: not stepper.check_targets)
    with evaluation_mode(stepper.module), given as batches:
        for x, y, sample_weight in batches:
            if begins:
                callbacks.batch_begin("test", batch)
            stepper.test(x, y, sample_weight)
            if ends:
                callbacks.batch_end("test", batch, stepper.keys, stepper.results)
            batch += 1
            if after_batch is not None:
                after_batch()
    if batch == 0:
        raise no_data(stepper.where)
    logs = stepper.results()
    callbacks.on_test_end(logs)
    return logs


def run_predict(
    module: torch.nn.Module,
    source: Any,
    steps: int | None,
    callbacks: CallbackList,
    device: torch.device,
) -> Any:
    """The outputs for all batches: an array, or a tuple or dict of arrays.

    Raises:
        DataError: the source gives no batch.
    """
    begins = callbacks.wants("on_predict_batch_begin")
    ends = callbacks.wants("on_predict_batch_end")
    callbacks.on_predict_begin()
    gathered: list[_Gathered] = []
    layout: OutputLayout | None = None
    names = getattr(module, "output_names", None)
    total = source.num_samples if steps is None else None
    with evaluation_mode(module), batches_of(source, 0, 0, steps, device) as batches:
        for batch, (x, _, _) in enumerate(batches):
            if begins:
                callbacks.batch_begin("predict", batch)
            outputs = module(send_to(x, device))
            if layout is None:
                layout = layout_of(outputs, names)
                gathered = [_Gathered(total) for _ in layout.names]
            for place, output in zip(gathered, layout.flatten(outputs), strict=True):
                place.add(output)
            if ends:
                shown = {"outputs": outputs}
                callbacks.batch_end("predict", batch, ("outputs",), shown.copy)
    if layout is None:
        raise no_data("predict")
    callbacks.on_predict_end()
    return layout.pack([place.result() for place in gathered])


class _Gathered:
    """Batches of one output in one array, allocated once where the number of samples is known."""

    def __init__(self, total: int | None) -> None:
        self._total = total
        self._filled = 0
        self._array: Array | None = None
        self._parts: list[Array] = []

    def add(self, output: torch.Tensor) -> None:
        host = output.detach().cpu()
        part: Array = (host.float() if host.dtype is torch.bfloat16 else host).numpy()
        if self._total is None:
            self._parts.append(part.copy())
            return
        if self._array is None:
            self._array = np.empty((self._total, *part.shape[1:]), part.dtype)
        room = self._array[self._filled : self._filled + len(part)]
        if room.shape != part.shape:  # more samples than announced, or another size per batch
            self._parts, self._total = [self._array[: self._filled].copy(), part.copy()], None
            return
        room[:] = part
        self._filled += len(part)

    def result(self) -> Array:
        if self._array is not None and self._total is not None:
            return self._array[: self._filled]
        return np.concatenate(self._parts)


def no_data(where: str) -> DataError:
    """The error of a source that gives no batch."""
    return DataError(
        message(
            where,
            "there are no batches",
            expected="at least one sample",
            fix="Pass data that is not empty; a generator must not be used up already",
        )
    )
