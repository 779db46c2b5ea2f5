"""A run folder trained once for all tests of the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Invoke = Callable[..., Any]


@pytest.fixture
def invoke() -> Invoke:
    """Runs a command in this process; the result has exit_code, stdout and stderr."""
    from typer.testing import CliRunner

    from striate.app.cli import app

    def run(*words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100"})

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs on digits; tests that change it take a copy (`run`)."""
    folder = tmp_path_factory.mktemp("trained") / "digits"
    command = ["train", "digits", "--epochs", "3", "--batch-size", "64", "--out", str(folder)]
    done = striate(*command, "--json")
    assert done.returncode == 0, done.stderr
    (folder / "told.json").write_text(done.stdout, encoding="utf-8")
    assert json.loads(done.stdout)["epochs"] == 3
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained run."""
    folder = tmp_path / "digits"
    shutil.copytree(trained, folder)
    (folder / "told.json").unlink()
    return folder


@pytest.fixture
def digit(tmp_path: Path) -> Path:
    """A PNG of 64 x 64 pixels with a zero from the test images, white on black."""
    from PIL import Image

    from striate.data.datasets import digits

    (_, _), (x_test, _) = digits.load_data()
    path = tmp_path / "zero.png"
    pixels = (x_test[0].astype(np.float32) * 255 / 16).astype(np.uint8)
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def program() -> Invoke:
    """Runs a command as a program of its own; see `striate`."""
    return striate


def striate(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Runs `python -m striate` to its end."""
    command = [sys.executable, "-m", "striate", *(str(word) for word in words)]
    env = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, env=env, check=False, **options)


# Runs the command line, then says on standard error which heavy packages it loaded.
_WATCHED = """
import sys
from striate.app.cli import app
try:
    app(sys.argv[1:], prog_name="striate")
finally:
    print(sorted({"torch", "numpy", "matplotlib", "sklearn", "PIL", "h5py"} & set(sys.modules)),
          file=sys.stderr)
"""


@pytest.fixture
def watched() -> Invoke:
    """Runs a command; standard error ends with the list of the heavy packages that it loaded."""
    return _watched


@pytest.fixture
def processor_seconds() -> Invoke:
    """What a command takes; the clock would also count what others do on a busy machine."""
    resource = pytest.importorskip("resource")

    def measure(*words: object, limit: float) -> float:
        """The best of ten runs, or the first one below the limit."""
        seconds = []
        for _ in range(10):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            assert _watched(*words).returncode == 0
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            if seconds[-1] < limit:
                break
        return min(seconds)

    return measure


def _watched(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _WATCHED, *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
