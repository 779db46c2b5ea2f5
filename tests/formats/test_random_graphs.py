"""Random graphs through files, both ways: striate writes and Keras reads, Keras writes again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import striate as st
from striate.formats.keras_writing.table import RENAMED, WITHOUT_TRAINABLE
from striate.graph import Graph
from striate.graph.kinds import Nested
from tests.contract.keras_parity import assert_close, many, numbers
from tests.formats.keras_writing.parity import opened, same_outputs
from tests.formats.random_graphs import graph
from tests.keras_oracle import keras

pytestmark = [
    pytest.mark.torch,
    pytest.mark.keras,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # Keras's own, with NumPy 2
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of masks and single channels, meant so
]
ENDINGS = (".keras", ".h5")
# What Keras cannot write into .h5, of models that it read from its own .h5 as well: seeded layers
# in a functional model, and weights of one name in different nested models.
KERAS_FAILS = "cannot pickle 'module' object|name already exists"


def described(graph: Graph) -> list[Any]:
    """Layers with their kinds, flags, calls and nested models, in an order of their own."""
    found: dict[str, list[Any]] = {}
    for node in graph:
        if node.kind_name == "Operation":  # of masks, which Keras makes anew
            continue
        kind = "GroupNormalization" if node.kind_name in RENAMED else node.kind_name
        trained = node.trainable or node.kind_name in WITHOUT_TRAINABLE
        entry = found.setdefault(node.layer, [node.layer, kind, trained, 0])
        entry[3] += 1
        if isinstance(node.kind, Nested) and entry[3] == 1:
            entry.append(described(node.kind.inner))
    return sorted(found.values(), key=lambda entry: str(entry[0]))


def saved_by_keras(theirs: Any, path: Path) -> Path:
    """The file that Keras writes: `.keras` where it cannot write the other."""
    try:
        theirs.save(path)
    except (TypeError, ValueError) as error:
        if path.suffix != ".h5" or not re.search(KERAS_FAILS, str(error)):
            raise
        path = path.with_suffix(".keras")
        theirs.save(path)
    return path


def both_ways(seed: int, ending: str, folder: Path) -> None:
    model, inputs = graph(seed)
    theirs = opened(model, folder / f"ours{ending}")
    assert theirs.count_params() == model.count_params()
    names = [x.name for x in theirs.layers if isinstance(x, keras.layers.Layer)]
    assert sorted(names) == [entry[0] for entry in described(model.graph)]
    same_outputs(model, theirs, inputs)
    again = st.load_model(saved_by_keras(theirs, folder / f"theirs{ending}"))
    given = inputs if len(inputs) > 1 else inputs[0]
    for a, b in zip(many(again(given)), many(model(given)), strict=True):
        assert_close(numbers(a), numbers(b), "output")
    assert described(again.graph) == described(model.graph)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("seed", range(6))
def test_a_graph_goes_to_keras_and_back(seed: int, ending: str, tmp_path: Path) -> None:
    both_ways(seed, ending, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("seed", range(6, 206))
def test_many_graphs_go_to_keras_and_back(seed: int, ending: str, tmp_path: Path) -> None:
    both_ways(seed, ending, tmp_path)
