"""Runs that are killed at random moments and resumed end with the weights of one that was not."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training import kill_resume_program

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
SAVE_EVERY = ("epoch", "1", "3", "0.02s")
RESULTS = ("weights.safetensors", "history.json", "log.csv")


def start(folder: Path, every: str, *fault: str) -> subprocess.Popen[str]:
    """Starts the program and waits until it trains."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", kill_resume_program.__name__, str(folder), every, *fault]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert said(process) in ("ready\n", "")  # nothing if the run is over already
    return process


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def finish(folder: Path, every: str) -> dict[str, bytes]:
    process = start(folder, every)
    assert process.wait(timeout=120) == 0
    process.stdout.close()  # type: ignore[union-attr]
    return {name: (folder / name).read_bytes() for name in RESULTS}


def kill_after(folder: Path, every: str, seconds: float) -> bool:
    """Starts the program and kills it after a time; False if it was over by then."""
    process = start(folder, every)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    code = process.wait(timeout=60)
    process.stdout.close()  # type: ignore[union-attr]
    assert code in (0, -signal.SIGKILL)
    return code != 0


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], float]:
    """The results of a run that nobody disturbed, and how long it trained."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    process = start(folder, "epoch")
    begin = time.monotonic()
    assert said(process) == "done\n"
    seconds = time.monotonic() - begin
    assert process.wait(timeout=120) == 0
    process.stdout.close()  # type: ignore[union-attr]
    return {name: (folder / name).read_bytes() for name in RESULTS}, seconds


def check_one(run: int, folder: Path, expected: dict[str, bytes], seconds: float) -> None:
    moments = random.Random(run)
    every = moments.choice(SAVE_EVERY)
    for _ in range(moments.randint(1, 3)):
        if not kill_after(folder, every, moments.uniform(0.0, 0.7 * seconds)):
            break
    assert finish(folder, every) == expected, f"run {run}, saved every {every}"


@pytest.mark.parametrize("run", range(3))
def test_a_killed_and_resumed_run_ends_with_equal_files(
    run: int, tmp_path: Path, uninterrupted: tuple[dict[str, bytes], float]
) -> None:
    check_one(run, tmp_path / "run", *uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("run", range(30))
def test_thirty_killed_and_resumed_runs_end_with_equal_files(
    run: int, tmp_path: Path, uninterrupted: tuple[dict[str, bytes], float]
) -> None:
    check_one(100 + run, tmp_path / "run", *uninterrupted)


@pytest.mark.parametrize("fault", ["before-rename", "after-rename", "half-written"])
def test_a_run_killed_inside_the_writing_of_a_checkpoint_continues(
    fault: str, tmp_path: Path, uninterrupted: tuple[dict[str, bytes], float]
) -> None:
    process = start(tmp_path / "run", "epoch", fault)
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdout.close()  # type: ignore[union-attr]
    assert finish(tmp_path / "run", "epoch") == uninterrupted[0]


def test_the_same_command_after_the_end_changes_nothing(
    tmp_path: Path, uninterrupted: tuple[dict[str, bytes], float]
) -> None:
    folder = tmp_path / "run"
    first = finish(folder, "epoch")
    assert first == uninterrupted[0]
    saved = sorted((path.name, path.read_bytes()) for path in (folder / "run").iterdir())
    assert finish(folder, "epoch") == first
    assert saved == sorted((path.name, path.read_bytes()) for path in (folder / "run").iterdir())
