"""The zoo's guide shows the table that `zoo.list` gives."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.house import tree

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("zoo_table", tree.ROOT / "tools" / "zoo_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_guide_shows_the_table_as_it_is(tool: ModuleType) -> None:
    page = tool.GUIDE.read_text(encoding="utf-8")
    assert tool.with_table(page) == page, "run: python tools/zoo_table.py"
    assert page.count("| resnet50 |") == 1


def test_the_table_takes_the_place_between_its_marks(tool: ModuleType) -> None:
    page = tool.with_table(f"before\n{tool.BEGIN}old{tool.END}\nafter\n")
    assert page.startswith(f"before\n{tool.BEGIN}\n| name | parameters |")
    assert page.endswith(f"|\n\n{tool.END}\nafter\n")
    assert "old" not in page
