"""Stand-ins of abstract classes do not ask one another for ever."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch


def test_what_is_no_optimizer_is_told_so_beside_the_stand_ins() -> None:
    import striate.keras.optimizers as spelled
    from striate.training.optimizers import SGD, Optimizer

    assert not isinstance(object(), Optimizer)
    assert not issubclass(int, Optimizer)
    assert isinstance(SGD(), spelled.SGD)
    assert not isinstance(SGD(), spelled.Adam)
