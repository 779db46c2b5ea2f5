"""Each room imports only the rooms below it, no torch where none is needed, nothing undeclared."""

from __future__ import annotations

import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import striate
from tests.house import tree

LOWER = {"errors", "storage", "graph", "analysis", "kernels", "ops", "layers", "plan", "training"}
LOWER |= {"data"}
BELOW = {*LOWER, "figures", "diagrams", "models", "zoo"}
UPPER = {*BELOW, "explain", "diagnosis", "formats"}

# Room -> the striate rooms it may import, at any depth and for any purpose.
ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "figures": {"storage", "errors"},
    "storage": {"graph", "errors"},
    "graph": {"errors"},
    "arrays": {"graph", "errors"},
    "analysis": {"graph", "errors"},
    "diagrams": {"graph", "figures", "errors"},
    "kernels": {"errors"},
    "ops": {"graph", "errors"},
    "layers": {"graph", "ops", "errors"},
    "plan": {"graph", "kernels", "ops", "layers", "errors"},
    "training": {"kernels", "ops", "storage", "figures", "errors"},
    "data": {"storage", "errors"},
    "models": LOWER,
    # analysis counts and prints; data downloads and storage reads what was pushed
    "zoo": {"models", "layers", "ops", "graph", "analysis", "data", "storage", "errors"},
    "explain": BELOW,
    "diagnosis": BELOW,
    "formats": BELOW,
    "keras": UPPER,
    "app": {*UPPER, "keras"},
}
# File -> the rooms above its own that it may import, inside functions only, and why.
UPWARDS: dict[str, set[str]] = {
    "src/striate/models/foreign.py": {"formats"},  # load_model opens what formats can read
}
# Short names of rooms' modules: `from striate.losses import ...`.
SHORT = {
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
    "schedules",
}
# The top of the package: the table of public names, short names, and `python -m striate`.
TOP = {"__init__", "__main__", *SHORT}

WITHOUT_TORCH = {"errors", "figures", "storage", "graph", "analysis", "arrays", "diagrams"}
TORCH_IN_FUNCTIONS_ONLY = {"data", "__init__", "__main__"}

# Third parties that are no dependencies; never imported when a file is loaded.
WHERE_PRESENT = {
    "IPython": "only inside a notebook, which brings it",
    "pandas": "extra `pandas`",
    "tensorboard": "extra `tensorboard`",
    "typing_extensions": "only for type checkers, which bring it",
}

# Import name -> name of the declared dependency, where they differ.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}


def rooms_imported(path: Path) -> dict[str, int]:
    """The striate rooms that a file imports from, with the line of one such import."""
    found = {}
    for item in tree.imports(path):
        if item.module.split(".")[0] != "striate" or item.module == "striate.__version__":
            continue
        place = striate._PLACES.get(item.module.removeprefix("striate."), item.module)
        found[tree.room_of(place.partition(":")[0])] = item.line
    return found


def test_the_table_of_rooms_has_no_cycle() -> None:
    graphlib.TopologicalSorter(ROOMS).prepare()


def test_every_room_is_in_the_table() -> None:
    found = {tree.room_of(tree.module_name(path)) for path in tree.sources()}
    assert found - TOP <= set(ROOMS)


@pytest.mark.parametrize("path", tree.sources(), ids=tree.relative)
def test_a_file_imports_only_rooms_below_it(path: Path) -> None:
    room = tree.room_of(tree.module_name(path))
    allowed = set(ROOMS) if room in TOP else ROOMS[room] | {room}
    allowed |= UPWARDS.get(tree.relative(path), set())
    wrong = {to: line for to, line in rooms_imported(path).items() if to not in allowed}
    assert not wrong, f"{tree.relative(path)} ({room}) may import {sorted(allowed)}, not {wrong}"


@pytest.mark.parametrize("name", UPWARDS)
def test_an_import_upwards_waits_until_it_is_needed(name: str) -> None:
    for item in tree.imports(tree.ROOT / name):
        if tree.room_of(item.module) in UPWARDS[name]:
            assert not item.at_load, f"{item.module} closes a circle"


@pytest.mark.parametrize("path", tree.sources(), ids=tree.relative)
def test_torch_is_imported_only_where_the_table_says(path: Path) -> None:
    room = tree.room_of(tree.module_name(path))
    of_torch = [item for item in tree.imports(path) if item.module.split(".")[0] == "torch"]
    if room in WITHOUT_TORCH:
        assert not of_torch, f"{room} works without torch"
    if room in TORCH_IN_FUNCTIONS_ONLY:
        assert not [item for item in of_torch if item.at_load], f"{room} loads torch late"


@pytest.mark.parametrize("path", tree.sources(), ids=tree.relative)
def test_every_third_party_is_a_declared_dependency(path: Path) -> None:
    text = (tree.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = set(re.findall(r'^    "([a-z0-9-]+)[>=<]', text.partition("[project.opt")[0], re.M))
    for item in tree.imports(path):
        name = item.module.split(".")[0]
        if name in WHERE_PRESENT:
            assert not item.at_load, f"{name}: {WHERE_PRESENT[name]}"
        elif name not in sys.stdlib_module_names and name != "striate":
            assert DISTRIBUTIONS.get(name, name) in declared


IMPORT = """
import sys, time
start = time.perf_counter()
import striate
dir(striate)
print(time.perf_counter() - start, *sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_importing_striate_is_quick_and_loads_no_third_party() -> None:
    seconds = []
    for _ in range(5):  # a busy machine may be late several times; the best one counts
        command = [sys.executable, "-c", IMPORT]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        first, *loaded = out.split()
        assert not {"torch", "numpy", "keras", "matplotlib", "rich", "typer"} & set(loaded)
        seconds.append(float(first))
        if seconds[-1] < 0.3:
            return
    pytest.fail(f"import striate took {min(seconds):.2f} s at best; it must take less than 0.3 s")


def test_the_files_without_torch_are_collected_where_torch_is_missing() -> None:
    program = (
        "import sys; sys.modules['torch'] = None; import pytest; "
        "sys.exit(pytest.main(['-q', '--collect-only', '-m', 'not torch and not keras',"
        " '-p', 'no:cacheprovider', '-p', 'no:xdist', '-p', 'no:randomly']))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
