"""The installed wheel works away from the repository: the README's code and every example."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import pages, tree

pytestmark = [pytest.mark.torch, pytest.mark.xdist_group("wheel")]

# The kernels are compiled where they can run: for x86 under Linux.
HAS_KERNELS = platform.system() == "Linux" and platform.machine() == "x86_64"
EXAMPLES = tuple(p for p in tree.files(".py") if p.parent == tree.ROOT / "examples")


def run(*command: object, cwd: Path, data: Path | None = None) -> str:
    """Runs a program that sees nothing of the repository, but perhaps data; its output."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    if data is not None:
        env["STRIATE_DATA"] = str(data)
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is committed, so that the checkout stays clean."""
    source = tmp_path_factory.mktemp("source")
    for path in tree.files():
        target = source / tree.relative(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", out, source, cwd=out)
    (found,) = out.glob("striate-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are read from the one we run in."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    run(*pip, "install", "--no-deps", wheel, cwd=folder)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(python, "-c", where, cwd=folder).strip())
    ours = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("\n".join(sorted(ours)) + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_the_whole_library_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = tree.PACKAGE.parent
    ours = {p.relative_to(source).as_posix() for p in tree.files() if source in p.parents}
    built = {name for name in names if name.startswith("striate/kernels/_native.")}
    assert len(built) == HAS_KERNELS
    assert names - built == {name for name in ours if not name.endswith((".h", ".cpp"))}


def test_the_installed_striate_is_the_one_that_is_imported(python: Path, tmp_path: Path) -> None:
    place = run(python, "-c", "import striate; print(striate.__file__)", cwd=tmp_path)
    assert Path(place.strip()).is_relative_to(python.parent.parent)


def test_the_readme_runs_from_the_wheel(
    python: Path, tmp_path: Path, shared_path: Callable[[str], Path]
) -> None:
    blocks = pages.document(tree.ROOT / "README.md").examples()
    page = (tree.ROOT / "README.md").read_text(encoding="utf-8")
    script = tmp_path / "readme.py"
    texts = [block.parsed for block in blocks if isinstance(block.parsed, str)]  # no directives
    code = [text for text in texts if not text.startswith("$ ")]
    script.write_text("\n".join(code), encoding="utf-8")
    run(python, script, cwd=tmp_path, data=data_for(page, shared_path))


@pytest.mark.parametrize("path", EXAMPLES, ids=tree.relative)
def test_an_example_runs_from_the_wheel(
    path: Path, python: Path, tmp_path: Path, shared_path: Callable[[str], Path]
) -> None:
    """`--quick` is the switch that every example has: a few steps of the same code."""
    data = data_for(path.read_text(encoding="utf-8"), shared_path)
    run(python, shutil.copy2(path, tmp_path), "--quick", cwd=tmp_path, data=data)


def data_for(text: str, shared_path: Callable[[str], Path]) -> Path | None:
    """Where a program finds MNIST, if it asks for it: nothing is downloaded in tests."""
    if "mnist.load_data" not in text:
        return None
    return shared_path("data/mnist.npz").parent
