"""The tables name what the installed Keras has, and all of it that striate has."""

from __future__ import annotations

import importlib
import inspect

import pytest

from striate.formats.keras_slots import SLOTS
from striate.formats.keras_writing import functions, table
from striate.graph.kinds.base import KINDS
from striate.ops.functions import DEFINITIONS
from tests.keras_oracle import keras

pytestmark = [pytest.mark.torch, pytest.mark.keras]

REFUSED = {"Equalization", "InputLayer"}  # the first fails in Keras itself, the other is by hand


def test_every_layer_that_both_have_is_in_the_table() -> None:
    both = {name for name in KINDS if hasattr(keras.layers, name)}
    assert both - REFUSED == set(table.SAME)


@pytest.mark.parametrize("name", sorted(table.SAME))
def test_keras_tells_the_layers_of_the_table_where_channels_lie(name: str) -> None:
    cls = getattr(keras.layers, name)
    takes = {p for c in cls.__mro__ for p in inspect.signature(c.__init__).parameters}
    if name in table.WITH_DATA_FORMAT:
        assert "data_format" in takes


def test_the_tables_of_choices_are_in_keras() -> None:
    for names, home in (
        (table.ACTIVATIONS, keras.activations),
        (table.LOSSES, keras.losses),
        (table.METRICS, keras.metrics),
        (SLOTS, keras.optimizers),
    ):
        assert not [name for name in names if not hasattr(home, name)]


@pytest.mark.parametrize("name", sorted(functions.PLACES))
def test_a_function_takes_in_keras_what_it_takes_here(name: str) -> None:
    module = importlib.import_module(f"keras.src.ops.{functions.PLACES[name]}")
    cls = getattr(module, functions.class_of(name))
    theirs = set(inspect.signature(cls.__init__).parameters) - {"self", "name", "kwargs"}
    definition = DEFINITIONS[name]
    ours = list(definition.signature.parameters)
    assert theirs == set(ours[1 if definition.tensors is None else definition.tensors :])
