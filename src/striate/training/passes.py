"""One pass over the data without updates: evaluation and prediction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

import numpy as np
import torch

from striate.errors import DataError, message
from striate.training.callbacks.callback_list import CallbackList
from striate.training.outputs import OutputLayout, layout_of
from striate.training.step import Stepper

Array = np.ndarray[Any, np.dtype[Any]]


@contextmanager
def batches_of(
    source: Any, epoch: int, start: int, steps: int | None
) -> Iterator[Iterator[tuple[Any, Any, Any]]]:
    """The batches from `start` to `steps` of an epoch; the source's iterator is closed after."""
    iterator = iter(source.batches(epoch, start))
    limited = iterator if steps is None else islice(iterator, max(steps - start, 0))
    if hasattr(iterator, "close"):
        with closing(iterator):
            yield limited
    else:
        yield limited


def skip_taken(source: Any, batches: int) -> None:
    """Brings a source that cannot be rewound (a generator) to where a resumed run left it."""
    if source is not None and not getattr(source, "rewindable", True):
        source.skip(batches)


@contextmanager
def evaluation_mode(module: torch.nn.Module) -> Iterator[None]:
    """`module.eval()` without gradients; afterwards in the mode it was."""
    was_training = module.training
    module.eval()
    try:
        with torch.no_grad():
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
    with evaluation_mode(stepper.module), batches_of(source, 0, 0, steps) as batches:
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
    send: Callable[[Any], Any],
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
    with evaluation_mode(module), batches_of(source, 0, 0, steps) as batches:
        for batch, (x, _, _) in enumerate(batches):
            if begins:
                callbacks.batch_begin("predict", batch)
            outputs = module(send(x))
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
