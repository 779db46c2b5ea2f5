"""keras.utils: what stands there besides names of other rooms."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
import torch

import striate as st
from striate.errors import ArgumentError, DataError
from striate.keras import notes, utils
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras


def test_every_name_of_the_real_keras_is_here_or_explained() -> None:
    from striate.keras import places

    real = {name for name in dir(keras.utils) if name[0] != "_"}
    explained = {n.rpartition(".")[2] for n in places.INSTEAD if n.startswith("keras.utils.")}
    later = {"Config", "clear_session", "legacy"}
    assert real - set(utils.__all__) - explained <= later


def test_a_seed_for_all() -> None:
    found = []
    for _ in range(2):
        utils.set_random_seed(3)
        found.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert found[0] == found[1]
    with pytest.raises(ArgumentError) as error:
        utils.set_random_seed("3")  # type: ignore[arg-type]
    assert str(error.value) == "set_random_seed: this is no seed. Got seed='3'. Expected an int."


@pytest.mark.parametrize("parts", [(1,), (1, 2), (1, 2, 3), ([1, 1],)])
def test_batches_are_packed_as_in_keras(parts: Any) -> None:
    packed = utils.pack_x_y_sample_weight(*parts)
    assert packed == keras.utils.pack_x_y_sample_weight(*parts)
    unpacked = utils.unpack_x_y_sample_weight(packed)
    assert unpacked == keras.utils.unpack_x_y_sample_weight(packed)
    with pytest.raises(DataError) as error:
        utils.unpack_x_y_sample_weight((1, 2, 3, 4))
    assert str(error.value) == (
        "unpack_x_y_sample_weight: this is no batch. Got parts=4. "
        "Expected x, (x, y) or (x, y, sample_weight)."
    )


@pytest.mark.parametrize("dtype", [None, "int", "uint8", np.float64, torch.float16])
def test_names_of_number_types(dtype: Any) -> None:
    if dtype is np.float64:
        assert utils.standardize_dtype(np.dtype(dtype)) == "float64"
        return
    assert utils.standardize_dtype(dtype) == keras.utils.standardize_dtype(dtype)


def test_old_names_of_models(capsys: pytest.CaptureFixture[str]) -> None:
    model = st.Sequential([st.layers.Dense(2, input_shape=(3,))])
    assert utils.multi_gpu_model(model, gpus=2) is model
    lines: list[str] = []
    utils.print_summary(model, print_fn=lines.append)
    assert any("Dense" in line for line in lines)
    assert {"print_summary(model) is now model.summary()"} <= notes.said()


def test_a_sequence_is_a_base_and_can_be_iterated() -> None:
    class Twos(utils.Sequence):
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            return np.full((3, 1), 2.0), np.full(3, index)

    assert utils.PyDataset is utils.Sequence
    assert [y.tolist() for _, y in Twos()] == [[0, 0, 0], [1, 1, 1]]
