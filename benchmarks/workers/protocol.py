"""What the conductor and a worker say to each other: one line of JSON there, one back."""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

Node = dict[str, Any]
Batch = tuple[Any, Any]


@dataclass(frozen=True)
class Task:
    """What a worker prepares itself for.

    Args:
        folder: holds `graph.json`, `weights.npz` and `data.npz`.
        batch: samples of one step or call.
        optimizer: {"name": ..., "learning_rate": ..., further arguments}.
        setting: what distinguishes the contenders of one library.
        training: prepares steps, or inference.
        check: equality comes next: float32 in earnest, no dropout.
        nudge: seed of a change of the initial weights by about their rounding error; 0: none.
        device: "cpu" or "cuda".
        threads: cores that may be used.
    """

    folder: Path
    batch: int
    optimizer: dict[str, Any] = field(default_factory=dict)
    setting: dict[str, Any] = field(default_factory=dict)
    training: bool = True
    check: bool = False
    nudge: int = 0
    device: str = "cpu"
    threads: int = 1

    def graph(self) -> dict[str, Any]:
        """The network; for a check without dropout, whose draws differ between libraries."""
        found: dict[str, Any] = json.loads((self.folder / "graph.json").read_text("utf-8"))
        for node in found["nodes"]:
            if self.check and node["kind"] == "Dropout":
                node["config"]["rate"] = 0.0
        return found

    def weights(self) -> dict[str, np.ndarray]:
        """Initial weights by "layer.weight", in Keras's layout."""
        with np.load(self.folder / "weights.npz") as file:
            found = {name: file[name] for name in file.files}
        if self.nudge:
            rng = np.random.default_rng(self.nudge)
            for value in found.values():
                value *= 1 + 1e-6 * rng.standard_normal(value.shape).astype(value.dtype)
        return found

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """All images and labels."""
        return _arrays(self.folder / "data.npz")

    def batches(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """The data in whole batches."""
        x, y = self.data()
        starts = range(0, len(x) - self.batch + 1, self.batch)
        return [(x[i : i + self.batch], y[i : i + self.batch]) for i in starts]


@functools.lru_cache(maxsize=1)
def _arrays(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["x"], file["y"]


class Worker:
    """What every worker can be asked for; seconds are measured here, with the device waited for."""

    def versions(self) -> dict[str, str]:
        """Versions of what computes."""
        raise TypeError(f"{type(self).__name__} does not say its versions")

    def prepare(self, task: Task) -> None:
        """Builds the network; everything that may be done before the first step."""
        raise TypeError(f"{type(self).__name__} prepares nothing")

    def step(self, batch: int) -> float:
        """One training step on the batch of this number; returns its loss."""
        raise TypeError(f"{type(self).__name__} does not train")

    def steps(self, count: int) -> None:
        """Training steps as fast as can be."""
        for i in range(count):
            self.step(i)

    def epoch(self) -> None:
        """One pass over the data, as a user calls it."""
        raise TypeError(f"{type(self).__name__} has no loop")

    def outputs(self) -> np.ndarray:
        """Class probabilities of the first batch."""
        return np.asarray(self.call(0))

    def call(self, batch: int) -> Any:
        """Inference of one batch, from array to array."""
        raise TypeError(f"{type(self).__name__} has no inference")

    def wait(self) -> None:
        """Waits for the device."""

    def device_memory(self) -> int:
        """The most bytes held on an accelerator; 0 without one."""
        return 0

    def learn(self, request: dict[str, Any]) -> dict[str, Any]:
        """Trains to accuracy; see `benchmarks/accuracy.py`."""
        raise TypeError(f"{type(self).__name__} does not learn")


def serve(make: Callable[[dict[str, Any]], Worker]) -> None:
    """Answers requests until the conductor closes the pipe.

    What a library prints goes to stderr: the real stdout is for answers only. The first request
    says how the process is set up, before the library is imported by `make`.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    worker: Worker | None = None
    for request in _requests():
        try:
            if worker is None:
                worker = make(request)
                answer: dict[str, Any] = {"versions": worker.versions()}
            else:
                answer = _answer(worker, request)
        except Exception as error:
            traceback.print_exc()
            text = f"{type(error).__name__}: {error}".splitlines()
            answer = {"error": text[0][:300]}
        print(json.dumps(answer), file=answers)


def _requests() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _answer(worker: Worker, request: dict[str, Any]) -> dict[str, Any]:
    what = request["do"]
    if what == "prepare":
        worker.prepare(Task(**{**request["task"], "folder": Path(request["task"]["folder"])}))
        return {}
    if what == "losses":
        return {"losses": [float(worker.step(i)) for i in range(request["count"])]}
    if what == "outputs":
        np.save(request["file"], worker.outputs())
        return {}
    if what == "memory":
        return {"peak_bytes": _peak_bytes(), "device_bytes": worker.device_memory()}
    if what == "learn":
        return worker.learn(request)
    return {"seconds": _timed(worker, what, request["count"])}


def _peak_bytes() -> int:
    """The most memory that this process held; rusage would count that of the one before `exec`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    return int(found[1]) * 1024 if found else 0


def _timed(worker: Worker, what: str, count: int) -> float:
    def calls() -> None:
        for i in range(count):
            worker.call(i)

    def epochs() -> None:
        for _ in range(count):
            worker.epoch()

    run = {"steps": lambda: worker.steps(count), "calls": calls, "epochs": epochs}[what]
    worker.wait()
    begin = time.perf_counter()
    run()
    worker.wait()
    return time.perf_counter() - begin


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Zeros before and after an axis for Keras's padding "same"."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def logits_at_end(graph: dict[str, Any]) -> bool:
    """Whether the last node ends in a softmax."""
    (name, _), *_ = graph["outputs"]
    node = next(n for n in graph["nodes"] if n["name"] == name)
    activation = node["config"].get("activation") or {}
    return node["kind"] == "Softmax" or activation.get("$named") == "softmax"
