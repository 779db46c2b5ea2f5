"""Weights that are not a model's: the message says what each side has."""

from __future__ import annotations

from pathlib import Path

import pytest

import striate as st
from striate import layers
from tests.fuzz.seeds import legacy_file, sequential, zip_file

pytestmark = pytest.mark.torch

REMEDY = (
    " The file is of another model, or load what fits:"
    " model.load_weights(path, skip_mismatch=True)."
)


def model(filters: int, units: int, *more: st.Layer) -> st.Model:
    stack = [layers.Conv2D(filters, 3, padding="same"), layers.BatchNormalization()]
    tail = [layers.MaxPooling2D(), layers.Flatten(), layers.Dense(units)]
    return st.Sequential([layers.Input((8, 8, 3)), *stack, *tail, *more])


def refused(wanted: st.Model, path: Path, **options: bool) -> str:
    before = wanted.get_weights()
    with pytest.raises((st.FormatError, st.ArgumentError)) as caught:
        wanted.load_weights(path, **options)
    after = wanted.get_weights()
    assert all((a == b).all() for a, b in zip(before, after, strict=True)), "nothing is set"
    return str(caught.value).removeprefix(f"{path}: ")


def test_shapes_of_both_sides_are_named(tmp_path: Path) -> None:
    old, new = tmp_path / "a.h5", tmp_path / "b.keras"
    old.write_bytes(legacy_file(sequential()))
    new.write_bytes(zip_file(sequential()))
    assert refused(model(4, 7), old) == (
        "`dense/kernel:0` of the file does not fit `dense/kernel` of the model. Got shape=(64, 5)."
        f" Expected (64, 7).{REMEDY}"
    )
    assert refused(model(4, 7), new) == (
        "`layers/dense/vars/0` of the file does not fit `dense/kernel` of the model. Got"
        f" shape=(64, 5). Expected (64, 7).{REMEDY}"
    )
    part = model(4, 7)
    part.load_weights(old, skip_mismatch=True)
    part.load_weights(new, skip_mismatch=True)


def test_missing_and_left_over_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "b.keras"
    path.write_bytes(zip_file(sequential()))
    assert refused(model(4, 5, layers.Dense(2)), path) == (
        "weights of the model are not in the file. Got file=('layers/batch_normalization',"
        f" 'layers/conv2d', 'layers/dense'). Expected layers/dense_1.{REMEDY}"
    )
    small = st.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3)])
    assert refused(small, path).startswith(
        "the file has weights of layers that the model has not. Got file=("
    )
    assert refused(model(4, 5), path, by_name=True) == (
        "its layers are kept by class and number, not by name. Got by_name=True. Expected a file of"
        " the legacy layout (.h5). model.load_weights(path, skip_mismatch=True)."
    )
