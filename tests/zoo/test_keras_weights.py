"""Weights that the real Keras wrote give the real Keras's outputs, with and without a head."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

from striate import zoo
from tests.keras_oracle import keras
from tests.zoo.test_keras_applications import PAIRS, flat, randomise

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def in_float64() -> Iterator[None]:
    """In float32 a hundred layers would turn roundings into differences."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)
    gc.collect()


def write(model, path: Path, names: str) -> None:
    """An `.h5` of weights in the layout of the published files.

    names: "today", or "old": numbers in place of all names, as far as files of other ages know
    them; only their order is left.
    """
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)
        if names == "old":
            before = [str(n) for n in file.attrs["layer_names"]]
            for number, name in enumerate(before):
                file.move(name, f"layer_{number}")
            file.attrs["layer_names"] = [f"layer_{n}" for n in range(len(before))]


def give_numbers(model) -> None:
    """Random weights that float32 holds exactly."""
    for seed, layer in enumerate(flat(model)):
        randomise(layer, seed)
        layer.set_weights([w.astype("float32") for w in layer.get_weights()])


def difference(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.linalg.norm(got - wanted) / np.linalg.norm(wanted))


def compared(name: str, tmp_path: Path, names: str, include_top: bool) -> float:
    size = max(zoo.architecture(name).smallest, 64)
    shape = (size, size, 3)
    head = {"classes": 11, "classifier_activation": None} if include_top else {}
    settings = {"input_shape": shape, "include_top": include_top, **head}
    theirs = getattr(keras.applications, PAIRS[name])(weights=None, **settings)
    path = tmp_path / "weights.h5"
    give_numbers(theirs)
    write(theirs, path, names)
    x = np.random.default_rng(0).uniform(0, 255, (2, *shape))
    with torch.no_grad():
        wanted = theirs(x, training=False).numpy()
    del theirs
    ours = zoo.architecture(name)(weights=str(path), **settings).double()
    with torch.no_grad():
        return difference(ours(torch.from_numpy(x)).numpy(), wanted)


# ConvNeXt's stem and downsamplings are models inside its files, so their names are needed.
ORDERED = [name for name in PAIRS if "convnext" not in name]


@pytest.mark.parametrize("name", PAIRS)
def test_a_file_of_the_whole_network(name: str, tmp_path: Path) -> None:
    assert compared(name, tmp_path, "today", include_top=True) <= 1e-5


@pytest.mark.parametrize("name", PAIRS)
def test_a_file_without_the_head(name: str, tmp_path: Path) -> None:
    assert compared(name, tmp_path, "today", include_top=False) <= 1e-5


@pytest.mark.parametrize("name", ORDERED)
def test_a_file_whose_layers_have_other_names(name: str, tmp_path: Path) -> None:
    assert compared(name, tmp_path, "old", include_top=True) <= 1e-5
