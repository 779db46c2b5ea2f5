"""keras.preprocessing.text: text as numbers, word by word."""

from __future__ import annotations

from striate.data.words import Tokenizer as Tokenizer
from striate.data.words import hashing_trick as hashing_trick
from striate.data.words import one_hot as one_hot
from striate.data.words import text_to_word_sequence as text_to_word_sequence
from striate.data.words import tokenizer_from_json as tokenizer_from_json

__all__ = [
    "Tokenizer",
    "hashing_trick",
    "one_hot",
    "text_to_word_sequence",
    "tokenizer_from_json",
]
