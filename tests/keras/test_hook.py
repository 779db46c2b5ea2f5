"""The import hook: `import keras` finds striate while it is installed, and only then."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator

import pytest

from striate import errors
from striate.keras import hook

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def served() -> Iterator[None]:
    before = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "keras"}
    with hook.serving():
        yield
    assert not hook.active()
    after = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "keras"}
    assert before == after, "a real Keras that was imported before is there again"


@pytest.mark.parametrize(
    "module",
    [
        "keras.layers",
        "keras.layers.core",
        "keras.layers.convolutional",
        "keras.layers.normalization",
        "keras.layers.experimental.preprocessing",
        "keras.api.layers",
        "tensorflow.keras.layers",
        "tensorflow.python.keras.layers",
        "tensorflow.python.keras.layers.core",
        "tensorflow.contrib.keras.python.keras.layers",
        "tf_keras.layers",
    ],
)
def test_layers_are_found_under_the_paths_of_every_age(module: str) -> None:
    found = importlib.import_module(module).Dense
    assert found is importlib.import_module("striate.keras.layers").Dense


def test_all_names_are_listed_and_come_with_a_star() -> None:
    names: dict[str, object] = {}
    exec("from keras.layers import *", names)  # noqa: S102
    assert {"Dense", "MaxPool2D", "concatenate", "Convolution2D"} <= set(names)
    assert "Dense" in dir(importlib.import_module("keras.layers"))


def wrong(program: str) -> Exception:
    with pytest.raises((errors.MissingModuleError, errors.MissingAttributeError)) as caught:
        exec(compile(program, "script.py", "exec"), {})  # noqa: S102
    return caught.value


MESSAGES = {
    "from keras.layers import Desne": (
        "script.py, line 1: keras.layers.Desne: striate does not have it. Near it are:"
        " keras.layers.Dense."
    ),
    "import keras\nkeras.layers.Desne": (
        "script.py, line 2: keras.layers.Desne: striate does not have it. Near it are:"
        " keras.layers.Dense."
    ),
    "from keras.layers import TFSMLayer": (
        "script.py, line 1: keras.layers.TFSMLayer: striate does not have it. SavedModels hold"
        " TensorFlow code; use a .keras or .h5 file."
    ),
    "import keras.nothing.at_all": (
        "script.py, line 1: keras.nothing: striate does not have it. See keras in"
        " docs/guides/keras_names.md."
    ),
    "from keras.nothing.at_all import x": (
        "script.py, line 1: keras.nothing: striate does not have it. See keras in"
        " docs/guides/keras_names.md."
    ),
    "from keras.src.layers import Dense": (
        "script.py, line 1: keras.src: it is refused: these are the insides of Keras, which"
        " change from release to release. Import the same name from keras, for example `from"
        " keras.layers import Dense`."
    ),
    "import tensorflow_datasets": (
        "script.py, line 1: tensorflow_datasets: this package is not installed; it is no part of"
        " Keras. Use keras.datasets, or keras.utils.image_dataset_from_directory."
    ),
}


@pytest.mark.parametrize("program", MESSAGES)
def test_what_is_not_covered_fails_with_name_and_line(program: str) -> None:
    assert str(wrong(program)) == MESSAGES[program]


def test_it_can_be_asked_for_and_caught_as_in_python() -> None:
    assert not hasattr(importlib.import_module("keras"), "nothing")
    program = "try:\n    from keras.layers import Nothing\nexcept ImportError:\n    found = None\n"
    names: dict[str, object] = {}
    exec(program, names)  # noqa: S102
    assert names["found"] is None


def test_without_the_hook_the_names_are_there_too() -> None:
    import striate.keras as keras

    assert keras.layers.Dense is importlib.import_module("keras.layers").Dense
    assert "layers" in dir(keras)
    with pytest.raises(errors.MissingAttributeError, match=re.escape("keras.Sequentail: striate")):
        keras.Sequentail  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute '__wrapped__'"):
        keras.__wrapped__  # noqa: B018
