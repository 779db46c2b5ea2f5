"""What holds for every test: one thread, fixed seeds, the sample of slow tests, shared files."""

from __future__ import annotations

import ast
import importlib.util
import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Before numpy or torch is loaded: tests run side by side, one thread each, without a display.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("KERAS_BACKEND", "torch")
# Programs that the tests start import the same striate as the tests do.
os.environ["PYTHONPATH"] = os.pathsep.join(
    [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds `--slow`."""
    parser.addoption(
        "--slow",
        choices=("none", "sample", "all"),
        default="sample",
        help="slow tests: none, the first case of each parametrised one (default), or all",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out files that need torch or Keras where they are missing or not wanted.

    The marks are read from the text, before the file's imports would run.
    """
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    marks = file_marks(collection_path)
    wanted = config.option.markexpr or ""
    needed = {"torch", *({"keras"} & marks)} if marks & {"torch", "keras"} else set()
    unusable = any(f"not {name}" in wanted or not _installed(name) for name in needed)
    return True if unusable else None


def _installed(name: str) -> bool:
    if name in sys.modules:
        return sys.modules[name] is not None
    return importlib.util.find_spec(name) is not None


def file_marks(path: Path) -> set[str]:
    """The marks that a test file gives all its tests (`pytestmark = ...`), read from its text."""
    marks = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "pytestmark":
            marks = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    return marks


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the chosen sample of slow tests; `-m slow` means all of them."""
    choice = config.getoption("--slow")
    if choice == "all" or "slow" in (config.option.markexpr or ""):
        return
    kept, left = [], []
    seen: set[str] = set()
    for item in items:
        slow = item.get_closest_marker("slow") is not None
        function = item.nodeid.partition("[")[0]
        first = "[" in item.nodeid and function not in seen
        if slow and (choice == "none" or not first):
            left.append(item)
        else:
            kept.append(item)
        seen.add(function)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = kept


@pytest.fixture(autouse=True)
def fixed_seeds(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test starts from the same random states and leaves torch's threads as they were."""
    random.seed(0)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(0)
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    torch.manual_seed(0)
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def torch_kernels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Our own kernels are unused, as on another processor."""
    from striate.kernels import library

    monkeypatch.setenv(library.VARIABLE, "off")
    library.missing.cache_clear()
    yield
    monkeypatch.undo()
    library.missing.cache_clear()


@pytest.fixture(scope="session")
def shared_path() -> Callable[[str], Path]:
    """`shared_path("data/mnist.npz")`: a file of the shared folder beside the repository.

    The folder is `$STRIATE_SHARED` or `shared` beside the checkout. Without the file the test is
    skipped; in CI, where the folder is always there, it fails.
    """

    def find(name: str) -> Path:
        folder = Path(os.environ.get("STRIATE_SHARED") or ROOT.parent / "shared")
        path = folder / name
        if path.exists():
            return path
        reason = f"{name} is not in the shared folder ({folder}); set STRIATE_SHARED to its place"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    return find
