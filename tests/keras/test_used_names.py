"""The names that 300 files and 4,735 kernels of Keras users need: each one is there.

`used_names.txt` is the list that KERAS_USAGE.md, a count over public scripts, suggests: names by
where they are imported from, and members of a model, layer, optimizer, history, generator and
iterator, which stand under these words.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from striate.keras import callbacks, layers, models, optimizers, served

pytestmark = pytest.mark.torch
NAMES = Path(__file__).with_name("used_names.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One object of each kind whose members the list names."""
    preprocessing = importlib.import_module("striate.keras.preprocessing.image")
    folder = tmp_path_factory.mktemp("images")
    for name in ("a", "b"):
        (folder / name).mkdir()
        Image.new("RGB", (8, 8)).save(folder / name / "1.png")
    model = models.Sequential([layers.Dense(2, input_shape=(3,), activation="softmax")])
    model.compile(optimizers.Adam(), "mse")
    history = model.fit(np.zeros((4, 3)), np.zeros((4, 2)), verbose=0)
    generator = preprocessing.ImageDataGenerator()
    return {
        "model": model,
        "layer": model.layers[0],
        "optimizer": model.optimizer,
        "history": history,
        "callback": callbacks.Callback(),
        "generator": generator,
        "iterator": generator.flow_from_directory(str(folder), target_size=(8, 8)),
    }


@pytest.mark.parametrize("name", dict.fromkeys(NAMES))
def test_a_name_that_scripts_use_is_there(name: str, objects: dict[str, Any]) -> None:
    first, _, member = name.partition(".")
    if first in ("keras", "tensorflow", "keras_preprocessing"):
        served.resolve(name)
        return
    if member == "outbound_nodes":  # only ever set
        objects[first].outbound_nodes = []
    assert hasattr(objects[first], member)
