"""Text as numbers, as Keras counts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from striate.data import words
from striate.errors import ArgumentError, UnknownNameError
from tests.keras_oracle import keras as _keras

from keras.src.legacy.preprocessing import text as oracle  # isort: skip

pytestmark = pytest.mark.keras

assert _keras.backend.backend() == "torch"

TEXTS = ["The cat sat, the dog ran.", "A cat!", "", "the owl\tand THE mouse", ["Ready", "words"]]
UNSEEN = ["the cat and the unicorn", ["dog", "fish"]]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_words": 4},
        {"num_words": 4, "oov_token": "<unknown>"},
        {"lower": False, "filters": ","},
        {"char_level": True},
    ],
)
def test_a_tokenizer_counts_as_keras(options: dict[str, Any]) -> None:
    ours, theirs = words.Tokenizer(**options), oracle.Tokenizer(**options)
    ours.fit_on_texts(TEXTS)
    theirs.fit_on_texts(TEXTS)
    assert ours.word_index == theirs.word_index
    sequences = theirs.texts_to_sequences(UNSEEN)
    assert ours.texts_to_sequences(UNSEEN) == sequences
    assert ours.sequences_to_texts(sequences) == theirs.sequences_to_texts(sequences)
    for mode in ("binary", "count", "freq", "tfidf"):
        expected = theirs.texts_to_matrix(UNSEEN, mode)
        np.testing.assert_allclose(ours.texts_to_matrix(UNSEEN, mode), expected)
    assert json.loads(ours.to_json())["config"].keys() == theirs.get_config().keys()
    again = words.tokenizer_from_json(theirs.to_json())
    assert again.texts_to_sequences(UNSEEN) == sequences
    assert again.index_word == theirs.index_word


def test_sequences_are_counted_too() -> None:
    ours, theirs = words.Tokenizer(num_words=9), oracle.Tokenizer(num_words=9)
    for tokenizer in (ours, theirs):
        tokenizer.fit_on_sequences([[1, 2, 2], [1]])
    expected = theirs.sequences_to_matrix([[1, 2, 2, 11]], "tfidf")
    np.testing.assert_allclose(ours.sequences_to_matrix([[1, 2, 2, 11]], "tfidf"), expected)


def test_words_and_hashes_are_those_of_keras() -> None:
    text = "Hello, World! hello"
    assert words.text_to_word_sequence(text) == oracle.text_to_word_sequence(text)
    assert words.hashing_trick(text, 50, "md5") == oracle.hashing_trick(text, 50, "md5")
    assert words.one_hot(text, 50) == oracle.one_hot(text, 50)
    assert words.hashing_trick(text, 9, len, analyzer=str.split) == [7, 7, 6]


def test_an_old_name_of_num_words() -> None:
    assert words.Tokenizer(nb_words=7).num_words == 7


def test_errors() -> None:
    with pytest.raises(ArgumentError) as error:
        words.Tokenizer().sequences_to_matrix([[1]])
    assert str(error.value) == (
        "Tokenizer: no text was counted yet. Call `fit_on_texts(texts)` first."
    )
    with pytest.raises(UnknownNameError) as unknown:
        words.Tokenizer(num_words=3).sequences_to_matrix([[1]], "counts")
    assert str(unknown.value) == (
        "sequences_to_matrix: unknown mode. Got 'counts'. Did you mean 'count'?"
    )
