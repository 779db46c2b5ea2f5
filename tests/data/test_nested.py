"""One level of structure, kept."""

from __future__ import annotations

import pytest

from striate.data import nested


@pytest.mark.parametrize("data", [None, 1, (1, 2), {"a": 1, "b": 2}])
def test_structure_is_kept(data: object) -> None:
    values = [leaf * 10 for leaf in nested.leaves(data)]
    assert nested.rebuild(data, values) == nested.apply(lambda _, leaf: leaf * 10, "x", data)


def test_words_for_an_error_name_the_leaf() -> None:
    assert [n for n, _ in nested.named_leaves("x", 1)] == ["x"]
    assert [n for n, _ in nested.named_leaves("x", (1, 2))] == ["x[0]", "x[1]"]
    assert [n for n, _ in nested.named_leaves("x", {"mask": 1})] == ["x['mask']"]
    assert nested.named_leaves("x", None) == []


def test_several_are_tuples_and_dicts() -> None:
    assert nested.is_several((1,))
    assert nested.is_several({})
    assert not nested.is_several(1)
