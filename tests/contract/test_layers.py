from __future__ import annotations

from collections.abc import Callable

import pytest

from striate.layers import LAYERS
from tests.contract.cases import CASES, WITHOUT_CASE, Case
from tests.contract.layer import PROPERTIES

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_layer(holds: Callable[[Case], None], case: Case) -> None:
    holds(case)


def test_every_layer_has_a_case() -> None:
    have = {c.layer for c in CASES} | set(WITHOUT_CASE)
    assert {c.__name__ for c in LAYERS.values()} == have
