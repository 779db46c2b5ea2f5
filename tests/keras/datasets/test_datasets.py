"""keras.datasets: Keras's modules, and why two of them are not here."""

from __future__ import annotations

import importlib

import pytest

from striate.data import datasets as ours
from striate.keras import datasets, hook
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras


def test_every_module_of_the_real_keras_is_here_but_two() -> None:
    real = {name for name in dir(keras.datasets) if name[0] != "_"}
    assert real - set(datasets.__all__) == {"imdb", "reuters"}


def test_they_are_striate_s_data_sets() -> None:
    for name in ("mnist", "fashion_mnist", "cifar10", "cifar100"):
        assert getattr(datasets, name).load_data is getattr(ours, name).load_data


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_pickles_are_refused(name: str) -> None:
    with hook.serving(), pytest.raises(ImportError, match="Its arrays are Python pickles"):
        importlib.import_module(f"keras.datasets.{name}")
