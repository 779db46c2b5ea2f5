"""The next batch is made ready while this one computes.

Two things, each where it pays. A source whose batches depend on nothing but (epoch, step) may be
read by a thread; whether that pays is measured on the first batches of each epoch, without it and
with it. For an NVIDIA
card each batch is copied there one step ahead, by a stream of its own, so that the copy and the
arithmetic run side by side. Neither changes the order or the numbers: a run is saved by how many
batches were trained on, not by how many were made ready.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from striate.training.outputs import map_tensors

Batch = tuple[Any, Any, Any]

PROBE = 16  # batches whose waiting times decide
SHARE = 0.1  # of the time, above which waiting for data is worth a thread
DEPTH = 2  # batches that the thread may be ahead
GAIN = 0.98  # share of the time without it that batches may take with a thread


def send_to(batch: Any, device: torch.device) -> Any:
    """The batch on a device, each tensor in the type it came in."""
    if batch is None or device.type == "cpu":
        return batch

    def send(tensor: torch.Tensor) -> torch.Tensor:
        if device.type == "cuda" and tensor.device.type == "cpu":
            tensor = tensor.pin_memory()
        return tensor.to(device, non_blocking=True)

    return map_tensors(batch, send)


def made_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches; read by a thread if waiting for them costs time and the thread saves some.

    Args:
        batches: they must depend on no state that the reader changes, such as global generators.
    """
    first = next(batches, None)
    if first is None:
        return
    yield first
    begun, waited = time.perf_counter(), 0.0
    for _ in range(PROBE):
        asked = time.perf_counter()
        batch = next(batches, None)
        waited += time.perf_counter() - asked
        if batch is None:
            return
        yield batch
    spent = time.perf_counter() - begun
    if waited >= SHARE * spent:
        yield from _by_thread(batches, spent / PROBE)
    yield from batches


def _by_thread(batches: Iterator[Batch], without_s: float) -> Iterator[Batch]:
    """Batches from a thread: all, or only some if they do not come sooner than `without_s`."""
    reader = _Reader(batches)
    begun = time.perf_counter()
    try:
        for count in itertools.count(1):
            batch = reader.next()
            if batch is None:
                return
            yield batch
            if count == PROBE and (time.perf_counter() - begun) / PROBE > GAIN * without_s:
                break  # the thread takes from the arithmetic what it saves in waiting
    finally:
        reader.stop()
    yield from reader.left()


class _Reader:
    """A thread that reads batches ahead; when it is stopped, none is lost."""

    def __init__(self, batches: Iterator[Batch]) -> None:
        self._batches = batches
        self._ready: queue.Queue[tuple[Batch | None, BaseException | None]] = queue.Queue()
        self._room = threading.Semaphore(DEPTH)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._read, name="striate batches", daemon=True)
        self._thread.start()

    def next(self) -> Batch | None:
        """The next batch; None at the end."""
        batch, error = self._ready.get()
        self._room.release()
        if error is not None:
            raise error
        return batch

    def stop(self) -> None:
        """Ends the thread after the batch that it is reading."""
        self._stopped.set()
        self._room.release()
        self._thread.join()

    def left(self) -> Iterator[Batch]:
        """What was read and not taken, after `stop`."""
        while not self._ready.empty():
            batch = self.next()
            if batch is not None:
                yield batch

    def _read(self) -> None:
        try:
            while True:
                self._room.acquire()
                if self._stopped.is_set():
                    return
                batch = next(self._batches, None)
                self._ready.put((batch, None))
                if batch is None:
                    return
        except BaseException as error:  # handed to the thread that trains
            self._ready.put((None, error))


def copied_ahead(
    batches: Iterator[Batch], device: torch.device, targets: Callable[[], bool]
) -> Iterator[Batch]:
    """The same batches on an NVIDIA card, each copied there while the one before it computes.

    Args:
        batches: on the host; one more than was asked for is taken.
        device: the card.
        targets: whether targets and weights go ahead, too; those that are still to be checked
            stay on the host.
    """
    side = torch.cuda.Stream(device)

    def put(batch: Batch) -> tuple[Batch, torch.cuda.Event]:
        x, y, weight = batch
        with torch.cuda.stream(side):
            x = send_to(x, device)
            if targets():
                y, weight = send_to(y, device), send_to(weight, device)
            return (x, y, weight), side.record_event()

    waiting = None
    for batch in batches:
        after = put(batch)
        if waiting is not None:
            yield _taken(*waiting)
        waiting = after
    if waiting is not None:
        yield _taken(*waiting)


def _taken(batch: Batch, ready: torch.cuda.Event) -> Batch:
    """The batch for the stream that computes, which waits for the copy; the host does not."""
    stream = torch.cuda.current_stream()
    stream.wait_event(ready)

    def used(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_cuda:
            tensor.record_stream(stream)  # its memory is not given away before it was read
        return tensor

    x, y, weight = (map_tensors(part, used) for part in batch)
    return x, y, weight
