"""The conductor: who differs is out, who is absent is said to be, who fails says why."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks import equality, results
from benchmarks.conductor import Case, Process, WorkerError, started
from benchmarks.contenders import CONTENDERS, Contender, chosen
from benchmarks.measure import Plan, measured
from benchmarks.workers.protocol import same_padding


class Silent:
    """A process that was never started."""

    def __init__(self, name: str) -> None:
        self.contender = Contender(name, "none")

    def close(self) -> None:
        """There is nothing to end."""


def test_an_outlier_is_named_and_taken_out() -> None:
    processes = [Silent(name) for name in ("a", "b", "c")]
    values = {"a": np.array([1.0, 0.5]), "b": np.array([1.0, 0.5]), "c": np.array([1.0, 0.6])}
    failed: dict[str, str] = {}
    found = equality.compared(processes, values, np.array(5e-3), failed)  # type: ignore[arg-type]
    assert found == {"a": 0.0, "b": 0.0, "c": pytest.approx(0.1)}
    assert failed == {"c": "differs from the others by 1.0e-01, more than 5e-03"}


def test_numbers_that_are_not_finite_are_a_difference() -> None:
    values = {"a": np.array([1.0]), "b": np.array([1.0]), "c": np.array([np.nan])}
    failed: dict[str, str] = {}
    processes = [Silent(name) for name in values]
    equality.compared(processes, values, np.array(5e-3), failed)  # type: ignore[arg-type]
    assert "c" in failed


def test_an_absent_peer_is_said_to_be_absent() -> None:
    failed: dict[str, str] = {}
    rows = [Contender("nobody", "keras_worker", "no-such-peer")]
    assert started(rows, 1, "cpu", failed) == []
    assert failed == {"nobody": "absent: no environment .peers/no-such-peer"}


def test_a_worker_that_ends_says_its_last_words() -> None:
    process = Process(Contender("broken", "no_such_worker"), 1, "cpu")
    with pytest.raises(WorkerError, match=r"its process ended: .*no_such_worker"):
        process.start()
    process.close()


@pytest.mark.torch
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel for it")
def test_workers_die_with_a_conductor_that_is_killed() -> None:
    code = (
        "from benchmarks.conductor import Process\n"
        "from benchmarks.contenders import Contender\n"
        "import os, signal\n"
        "p = Process(Contender('striate', 'limits_worker'), 1, 'cpu')\n"
        "p.start()\n"
        "print(p.pipe.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(equality.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    pid = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}/stat").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the worker is still there")


def test_contenders_have_names_of_their_own_and_workers_that_are_there() -> None:
    names = [c.name for c in CONTENDERS]
    assert len(set(names)) == len(names)
    folder = Path(equality.__file__).parent
    for contender in CONTENDERS:
        assert (folder / "workers" / f"{contender.worker}.py").exists()
        assert not contender.peer or (folder / "peers" / f"{contender.peer}.txt").exists()
    assert all("torch.compile" in c.name for c in chosen(["COMPILE"], "cuda", True))
    assert not any(c.name == "ONNX Runtime" for c in chosen([], "cpu", True))


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "sides"),
    [
        (28, 3, 1, (1, 1)),
        (28, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (5, 2, 1, (0, 1)),
        (9, 1, 3, (0, 0)),
    ],
)
def test_same_padding_is_keras_s(
    size: int, kernel: int, stride: int, sides: tuple[int, int]
) -> None:
    assert same_padding(size, kernel, stride) == sides


@pytest.mark.torch
def test_a_run_checks_measures_and_keeps_what_was_there(tmp_path: Path) -> None:
    from striate import Sequential, layers

    def tiny() -> Sequential:
        return Sequential([layers.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, "softmax")])

    rows = [Contender("ours", "striate_worker"), Contender("theirs", "torch_worker")]
    plan = Plan("training", rounds=2, turn_s=0.001, threads=1, device="cpu")
    found = measured(Case("tiny", tiny, 4), rows, plan)
    assert found["failed"] == {}
    assert set(found["differences"]) == {"ours", "theirs"}
    assert [len(v) for v in found["seconds_per_image"].values()] == [2, 2]
    assert found["parameters"] == 51
    assert "torch" in found["versions"]["theirs"]
    words = "processor instruction_set threads cores memory_gib system python commit utc"
    where = dict.fromkeys([*words.split(), "load_at_start", "command"], "-")
    store = results.Store(tmp_path / "x", "training", where)
    store.add(found)
    again = results.Store(tmp_path / "x", "training", where)
    again.add({**found, "batch": 8})
    again.add(found)
    assert [c["batch"] for c in again.record["cases"]] == [8, 4]
    assert found["rounding"] < 1e-3
    text = (tmp_path / "x.txt").read_text(encoding="utf-8")
    assert "losses of 20 steps of 2 float32 rows differ by" in text


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel for it")
def test_peak_memory_is_the_worker_s_own_not_that_of_who_started_it() -> None:
    block = np.ones(400 << 20, np.uint8)  # the peak that the child would inherit in rusage
    code = "from benchmarks.workers import protocol; print(protocol._peak_bytes())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 2**20 < int(told.stdout) < 200 << 20 < block.nbytes
