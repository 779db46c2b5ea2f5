"""Sequences of one length, as Keras cuts and fills them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from striate.data.padding import pad_sequences
from striate.errors import DataError, UnknownNameError
from tests.keras_oracle import keras

pytestmark = pytest.mark.keras

SEQUENCES = [[1], [2, 3], [], [4, 5, 6, 7]]


@pytest.mark.parametrize("maxlen", [None, 0, 2, 6])
@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
def test_equals_keras(maxlen: int | None, padding: str, truncating: str) -> None:
    if maxlen == 0:
        assert pad_sequences(SEQUENCES, 0).shape == (4, 0)  # Keras keeps them whole and fails
        return
    options: dict[str, Any] = {"padding": padding, "truncating": truncating, "value": 9}
    expected = keras.utils.pad_sequences(SEQUENCES, maxlen, **options)
    found = pad_sequences(SEQUENCES, maxlen, **options)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_sequences_of_vectors_and_of_words() -> None:
    vectors = [np.ones((2, 3)), np.ones((1, 3))]
    np.testing.assert_array_equal(pad_sequences(vectors), keras.utils.pad_sequences(vectors))
    text = pad_sequences([["a"], ["b", "c"]], dtype=object, value="")
    assert text.tolist() == [["", "a"], ["b", "c"]]


def test_errors() -> None:
    with pytest.raises(DataError) as error:
        pad_sequences([1, 2])  # type: ignore[list-item]
    assert str(error.value) == (
        "pad_sequences: these are no sequences. Expected a list of lists of numbers."
    )
    with pytest.raises(DataError) as error:
        pad_sequences([np.ones((1, 3)), np.ones((1, 2))])
    assert str(error.value) == (
        "pad_sequences, sequence 1: its parts have another shape than those of the others. "
        "Got shape=(2,). Expected (3,)."
    )
    with pytest.raises(UnknownNameError) as unknown:
        pad_sequences(SEQUENCES, padding="before")
    assert str(unknown.value) == ("pad_sequences: unknown padding. Got 'before'. Known: post, pre.")
