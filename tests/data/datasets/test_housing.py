"""The tables of houses, with made-up numbers: the real ones are not on this machine."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from striate.data.datasets import housing
from striate.errors import ArgumentError, DownloadError, UnknownNameError
from tests.data.conftest import Server, whole

LOADERS = {"boston": housing.load_boston, "california": housing.load_california}


@pytest.fixture
def x(server: Server, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    table = np.arange(700.0 * 3).reshape(700, 3)
    file = io.BytesIO()
    np.savez(file, x=table, y=table[:, 0])
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    monkeypatch.setattr(housing, "_FOLDER", server.url("/"))
    monkeypatch.setattr(housing, "_SHA256", dict.fromkeys(housing._SHA256, digest))
    for name in housing._SHA256:
        server.answers[f"/{name}"] = [whole(file.getvalue())]
    return table


@pytest.mark.parametrize("name", LOADERS)
def test_is_mixed_and_split_as_keras_does_it(x: Any, name: str) -> None:
    (x_train, y_train), (x_test, y_test) = LOADERS[name](test_split=0.25, seed=4)
    order = np.arange(700)
    np.random.RandomState(4).shuffle(order)
    assert (len(x_train), len(x_test)) == (525, 175)
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), x[order])
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), x[order, 0])


def test_a_small_california(x: Any) -> None:
    (x_train, _), (x_test, _) = housing.load_california("small")
    assert (len(x_train), len(x_test)) == (480, 120)


def test_errors(folders: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError) as error:
        housing.load_boston(test_split=1)
    assert str(error.value) == (
        "boston_housing.npz: this is no part of the data. Got test_split=1. "
        "Expected 0 <= test_split < 1."
    )
    with pytest.raises(UnknownNameError) as unknown:
        housing.load_california("huge")
    assert str(unknown.value) == (
        "california_housing.load_data: unknown version. Got 'huge'. Known: large, small."
    )
    monkeypatch.setattr(housing, "_FOLDER", server.url("/"))
    with pytest.raises(DownloadError, match=r"^boston_housing\.npz: it is not on this machine"):
        housing.load_boston()


@pytest.mark.keras
@pytest.mark.parametrize("name", LOADERS)
def test_the_checksum_and_the_address_are_those_of_keras(name: str) -> None:
    import inspect

    from tests.keras_oracle import keras

    module: Any = getattr(keras.datasets, f"{name}_housing")
    load: Callable[..., Any] = module.load_data
    text = inspect.getsource(load)
    assert housing._SHA256[f"{name}_housing.npz"] in text
    assert housing._FOLDER in text
