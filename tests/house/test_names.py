"""The public names of `striate`: one table, which type checkers see as it is."""

from __future__ import annotations

import ast
import importlib

import pytest

import striate
from tests.house import tree
from tests.house.test_imports import SHORT


def names_for_type_checkers() -> dict[str, str]:
    found = {}
    for node in tree.parsed(tree.PACKAGE / "__init__.py").body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for item in node.body:
                assert isinstance(item, ast.ImportFrom)
                (alias,) = item.names
                assert alias.asname is not None, "written as `X as X`, which marks it public"
                found[alias.asname] = f"{item.module}:{alias.name}"
    return found


def test_type_checkers_see_the_names_of_the_table() -> None:
    seen = names_for_type_checkers()
    assert list(seen) == list(striate._PLACES)
    for name, place in striate._PLACES.items():
        module, _, attribute = place.partition(":")
        package, _, last = module.rpartition(".")
        assert seen[name] == (place if attribute else f"{package}:{last}")


def test_dir_lists_the_table() -> None:
    assert set(striate._PLACES) <= set(dir(striate))
    assert "__version__" in dir(striate)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'striate' has no attribute 'Sequentail'"):
        striate.Sequentail  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.torch
@pytest.mark.parametrize("name", list(striate._PLACES))
def test_every_name_is_where_the_table_says(name: str) -> None:
    module, _, attribute = striate._PLACES[name].partition(":")
    value = importlib.import_module(module)
    assert getattr(striate, name) is (getattr(value, attribute) if attribute else value)


@pytest.mark.torch
@pytest.mark.parametrize("name", sorted(SHORT))
def test_a_short_name_is_a_module_that_can_be_imported_from(name: str) -> None:
    assert importlib.import_module(f"striate.{name}") is getattr(striate, name)
