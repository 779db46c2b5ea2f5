"""Starts workers, checks that they compute the same, and lets them take turns.

Between its turns a worker is stopped (SIGSTOP), so that no thread of it waits busily on the cores
of the one whose turn it is. On a machine with several cores all are bound to the same ones.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders import Contender

ROOT = Path(__file__).resolve().parent.parent
PR_SET_PDEATHSIG = 1
MOST_DATA_BYTES = 200 * 2**20
LEAST_IMAGES = 32
CHECKED = 16  # at most as many as there are


class WorkerError(Exception):
    """A worker could not do what it was asked for."""


@dataclass(frozen=True)
class Case:
    """One network, as it is measured.

    Args:
        title: names it in tables.
        build: makes the model.
        batch: samples of a step or call.
        optimizer: its name, in training.
        images: so many images; 0: as many as a few steps need.
    """

    title: str
    build: Any
    batch: int
    optimizer: str = "sgd"
    images: int = 0


OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
    "rmsprop": {"name": "rmsprop", "learning_rate": 1e-3},
    "adam": {"name": "adam", "learning_rate": 1e-3},
    "adamw": {"name": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01},
    # The one whose rule is the same in all libraries, epsilon and all. Its steps are small: with
    # larger ones batch normalisation of 16 images makes rounding errors as large as the losses.
    "check": {"name": "sgd", "learning_rate": 1e-3, "momentum": 0.9},
}


@dataclass
class Process:
    """A worker and the pipes to it."""

    contender: Contender
    threads: int
    device: str
    versions: dict[str, str] = field(default_factory=dict)
    started: float = 0.0

    def start(self) -> None:
        """Starts it and waits until its library is imported."""
        if not self.contender.python.exists():
            raise WorkerError(f"absent: no environment .peers/{self.contender.peer}")
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self.started = time.perf_counter()
        self.pipe = subprocess.Popen(
            [str(self.contender.python), "-m", f"benchmarks.workers.{self.contender.worker}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
            env=self._environment(),
            preexec_fn=self._bind,
        )
        self.versions = self.ask(threads=self.threads, device=self.device)["versions"]

    def _environment(self) -> dict[str, str]:
        source = str(ROOT / "src")
        path = os.pathsep.join(p for p in (source, os.environ.get("PYTHONPATH", "")) if p)
        threads = {"OMP_NUM_THREADS": str(self.threads)}
        return {**os.environ, "PYTHONPATH": path, **threads, **self.contender.variables}

    def _bind(self) -> None:
        if sys.platform == "linux":  # a stopped worker must not outlive a conductor that is killed
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, cores[: self.threads])

    def ask(self, **request: Any) -> dict[str, Any]:
        """The answer to one request; the worker is stopped before and after."""
        pid = self.pipe.pid
        os.kill(pid, signal.SIGCONT)
        try:
            print(json.dumps(request), file=self.pipe.stdin, flush=True)
            line = self.pipe.stdout.readline() if self.pipe.stdout else ""
        except BrokenPipeError:
            line = ""
        if not line:
            raise WorkerError(f"its process ended: {self._last_words()}")
        os.kill(pid, signal.SIGSTOP)
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer

    def _last_words(self) -> str:
        self.pipe.wait()
        self.log.seek(0)
        lines = [line.strip() for line in self.log.read().splitlines() if line.strip()]
        return lines[-1][:300] if lines else f"exit status {self.pipe.returncode}"

    def prepare(
        self, case: Case, folder: Path, training: bool, check: bool, nudge: int = 0
    ) -> None:
        """Builds the network of a case in it."""
        optimizer = OPTIMIZERS["check" if check else case.optimizer]
        task = {
            "folder": str(folder),
            "batch": self._checked(case, training) if check else case.batch,
            "optimizer": optimizer,
            "setting": self.contender.setting,
            "training": training,
            "check": check,
            "nudge": nudge,
            "device": self.device,
            "threads": self.threads,
        }
        self.ask(do="prepare", task=task)

    @staticmethod
    def _checked(case: Case, training: bool) -> int:
        """Samples of a batch in the check; outputs are compared beside their spread over images."""
        return min(case.batch, CHECKED) if training else CHECKED

    def seconds(self, what: str, count: int) -> float:
        """How long so many steps, calls or epochs take."""
        found: float = self.ask(do=what, count=count)["seconds"]
        return found

    def close(self) -> None:
        """Ends it."""
        pipe = getattr(self, "pipe", None)
        if pipe is not None and pipe.poll() is None:
            pipe.kill()
            pipe.wait()
        if pipe is not None:
            pipe.stdin.close()
            pipe.stdout.close()
            self.log.close()


@contextmanager
def prepared(case: Case) -> Iterator[Path]:
    """A folder with the network, its initial weights and data."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        import striate as st

        st.training.set_seed(1)
        graph = case.build().graph
        x, y = images_and_labels(case, graph)
        state = initial_weights(graph, x)
        (folder / "graph.json").write_text(graph.to_json(), encoding="utf-8")
        np.savez(folder / "weights.npz", **state)
        np.savez(folder / "data.npz", x=x, y=y)
        yield folder


def initial_weights(graph: Any, x: np.ndarray) -> dict[str, np.ndarray]:
    """New weights, with the moving statistics of some images, so that inference depends on them."""
    import torch

    from striate.graph import Graph
    from striate.models import model_from_graph

    record = graph.to_dict()
    for node in record["nodes"]:
        if node["kind"] == "BatchNormalization":
            node["config"]["momentum"] = 0.0
    model = model_from_graph(Graph.from_dict(record)).train()
    with torch.no_grad():
        model(torch.from_numpy(x[:32]))
    return {name: value.detach().numpy().copy() for name, value in model.state_dict().items()}


def images_and_labels(case: Case, graph: Any) -> tuple[np.ndarray, np.ndarray]:
    """Random images with labels that depend on them.

    In [0, 255] for networks that scale them, else of zero mean and unit variance.
    """
    shape, classes = graph.input_specs[0].shape[1:], graph.output_specs[0].shape[-1]
    each = 4 * int(np.prod(shape))
    steps = int(np.clip(MOST_DATA_BYTES // (each * case.batch), 2, 20))
    count = case.images or max(steps * case.batch, LEAST_IMAGES)
    rng = np.random.default_rng(1)
    x = rng.random((count, *shape), dtype=np.float32)
    labels = (x[:, shape[0] // 2, shape[1] // 2, 0] * classes).astype(np.int64)
    scaled = any(node.kind_name == "Rescaling" for node in graph)
    x = x * 255 if scaled else (x - 0.5) * 12**0.5
    return x.astype(np.float32), np.minimum(labels, classes - 1)


def started(
    contenders: list[Contender], threads: int, device: str, absent: dict[str, str]
) -> list[Process]:
    """The processes that could be started; why the others could not is put into `absent`."""
    found = []
    for contender in contenders:
        process = Process(contender, threads, device)
        if attempt(process, absent, process.start):
            found.append(process)
    return found


def attempt(process: Process, failed: dict[str, str], action: Any, *args: Any) -> Any:
    """What an action returns, or True; what goes wrong ends the worker and is written down."""
    try:
        result = action(*args)
    except WorkerError as error:
        failed[process.contender.name] = str(error)
        print(f"    {process.contender.name}: {error}", file=sys.stderr, flush=True)
        process.close()
        return None
    return True if result is None else result


def without(processes: list[Process], failed: dict[str, str]) -> list[Process]:
    """Those that still take part."""
    return [p for p in processes if p.contender.name not in failed]
