"""The next batch is made ready while this one computes.

Two things, each where it pays. A source whose batches depend on nothing but (epoch, step) may be
read by a thread; whether that pays is measured on the first batches of each epoch. For an NVIDIA
card each batch is copied there one step ahead, by a stream of its own, so that the copy and the
arithmetic run side by side. Neither changes the order or the numbers: a run is saved by how many
batches were trained on, not by how many were made ready.
"""

from __future__ import annotations

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
    """The same batches; read by a thread as soon as waiting for them is seen to cost time.

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
    if waited < SHARE * (time.perf_counter() - begun):
        yield from batches
    else:
        yield from _by_thread(batches)


def _by_thread(batches: Iterator[Batch]) -> Iterator[Batch]:
    ready: queue.Queue[tuple[Batch | None, BaseException | None]] = queue.Queue(DEPTH)
    stopped = threading.Event()

    def put(item: tuple[Batch | None, BaseException | None]) -> None:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def read() -> None:
        try:
            for batch in batches:
                put((batch, None))
                if stopped.is_set():
                    return
            put((None, None))
        except BaseException as error:  # handed to the thread that trains
            put((None, error))

    thread = threading.Thread(target=read, name="striate batches", daemon=True)
    thread.start()
    try:
        while True:
            batch, error = ready.get()
            if error is not None:
                raise error
            if batch is None:
                return
            yield batch
    finally:
        stopped.set()
        thread.join()


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
