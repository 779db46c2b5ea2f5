"""Layers, losses, metrics, models and callbacks of one's own see what they see under Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import striate.keras
from tests.keras.own_code.scripts import SCRIPTS

pytestmark = [pytest.mark.torch, pytest.mark.keras]


def assert_alike(ours: Any, theirs: Any, where: str) -> None:
    if isinstance(theirs, dict):
        assert sorted(ours) == sorted(theirs), where
        for key in theirs:
            assert_alike(ours[key], theirs[key], f"{where}: {key}")
    elif isinstance(theirs, (float, np.ndarray)) or (
        isinstance(theirs, list) and isinstance(theirs[0], (float, list))
    ):
        np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), 1e-4, 1e-5, err_msg=where)
    else:
        assert ours == theirs, where


@pytest.mark.filterwarnings("ignore")  # of Keras on torch
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_sees_the_same(name: str) -> None:
    from tests.keras_oracle import keras

    assert_alike(SCRIPTS[name](striate.keras), SCRIPTS[name](keras), name)
