"""The documentation builds without a warning, and describes every public name."""

from __future__ import annotations

import importlib
import inspect
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sphinx.util.inventory import InventoryFile

import striate
from striate.layers import LAYERS
from tests.house import tree

pytestmark = [pytest.mark.torch, pytest.mark.xdist_group("docs")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages, built strictly into a folder of their own."""
    out = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    folders = ["-d", str(out / "trees"), "docs", str(out / "html")]
    done = subprocess.run(
        [*command, *folders], cwd=tree.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return out / "html"


def public_modules() -> dict[str, ModuleType]:
    """The modules in the table of `striate`, and the packages of the library."""
    named = {f"striate.{name}": getattr(striate, name) for name in striate._PLACES}
    found = {name: value for name, value in named.items() if inspect.ismodule(value)}
    for path in tree.packages():
        name = tree.module_name(path / "__init__.py")
        found[name] = importlib.import_module(name)
    return found


def offers(module: ModuleType, name: str) -> bool:
    """A package offers what it re-exports as `X as X`, any module what it defines."""
    value = getattr(module, name)
    if name.startswith("_") or not (inspect.isclass(value) or inspect.isroutine(value)):
        return False
    reexported = re.search(rf"import \w+ as {name}$", inspect.getsource(module), re.MULTILINE)
    return value.__module__ == module.__name__ or reexported is not None


def public_objects() -> dict[str, object]:
    """Every class and function that a user reaches from `striate` or a public module."""
    found = {}
    for module_name, module in public_modules().items():
        for name in filter(lambda name: offers(module, name), dir(module)):
            found[f"{module_name}.{name}"] = getattr(module, name)
    return found


def meanings(name: str) -> Iterator[object]:
    """What a dotted name may stand for: a package may offer a function named like its module."""
    parts = name.split(".")
    for depth in range(1, len(parts)):
        value: object = sys.modules.get(".".join(parts[:depth]))
        for part in parts[depth:]:
            value = getattr(value, part, None)
        yield value


def test_every_public_name_is_in_the_reference(built: Path) -> None:
    with (built / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", posixpath.join)
    kinds = ("py:class", "py:function", "py:exception")
    entries = {name for kind in kinds if kind in inventory for name in inventory[kind]}
    public = public_objects()  # imports every package, which `meanings` looks up
    described = {id(value) for name in entries for value in meanings(name)}
    missing = [name for name, value in public.items() if id(value) not in described]
    assert not missing


def test_the_first_guide_is_among_the_pages(built: Path) -> None:
    page = (built / "guides" / "first_network.html").read_text(encoding="utf-8")
    assert "260,298" in page


LAYER_CLASSES = sorted(set(LAYERS.values()), key=lambda cls: cls.__name__)


@pytest.mark.parametrize("layer", LAYER_CLASSES, ids=lambda cls: cls.__name__)
def test_a_layer_says_its_shapes_and_has_an_example_on_its_page(layer: type, built: Path) -> None:
    text = layer.__doc__ or ""
    assert "Shapes:" in text
    assert ">>>" in text
    page = built / "api" / f"striate.layers.{layer.__name__}.html"
    shown = page.read_text(encoding="utf-8")
    assert "Shapes" in shown
    assert "&gt;&gt;&gt;" in shown
