"""Text as numbers, word by word."""

from __future__ import annotations

import collections
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from striate.errors import ArgumentError, message, unknown_name

FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'
_MODES = ("binary", "count", "freq", "tfidf")


def text_to_word_sequence(
    input_text: str, filters: str = FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """The words of a text.

    Args:
        input_text: the text.
        filters: signs that are taken out.
        lower: in small letters.
        split: what stands between words.

    Example:
        >>> text_to_word_sequence("The cat, the dog.")
        ['the', 'cat', 'the', 'dog']
    """
    text = input_text.lower() if lower else input_text
    table: dict[int, str] = dict.fromkeys(map(ord, filters), split)
    cleaned = text.translate(table)
    return [word for word in cleaned.split(split) if word]


def hashing_trick(
    text: str,
    n: int,
    hash_function: str | Callable[[str], int] | None = None,
    filters: str = FILTERS,
    lower: bool = True,
    split: str = " ",
    analyzer: Callable[[str], list[str]] | None = None,
) -> list[int]:
    """The words of a text as numbers 1 to n - 1, without a list of words: two may share one.

    Args:
        text: the text.
        n: one more than the highest number.
        hash_function: "md5", which is the same in every run, a function, or None for Python's
            `hash`, which is not.
        filters, lower, split: see `text_to_word_sequence`.
        analyzer: text -> words, instead.

    Example:
        >>> hashing_trick("the cat", 100, "md5")
        [51, 3]
    """
    words = analyzer(text) if analyzer else text_to_word_sequence(text, filters, lower, split)
    number: Any = _md5 if hash_function == "md5" else hash_function or hash
    return [number(word) % (n - 1) + 1 for word in words]


def one_hot(input_text: str, n: int, **options: Any) -> list[int]:
    """`hashing_trick` with Python's `hash`: Keras's name for it, though nothing is one-hot."""
    return hashing_trick(input_text, n, None, **options)


def _md5(word: str) -> int:
    return int(hashlib.md5(word.encode(), usedforsecurity=False).hexdigest(), 16)


class Tokenizer:
    """Words as numbers, the more frequent the lower; 0 is left for padding.

    Args:
        num_words: only the most frequent `num_words - 1` words get numbers in sequences.
        filters, lower, split: see `text_to_word_sequence`.
        char_level: takes letters for words.
        oov_token: stands for words without a number.
        analyzer: text -> words, instead of the rules above.

    Example:
        >>> tokenizer = Tokenizer()
        >>> tokenizer.fit_on_texts(["the cat and the dog", "the owl"])
        >>> tokenizer.texts_to_sequences(["the owl and the fish"])
        [[1, 5, 3, 1]]
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], list[str]] | None = None,
        document_count: int = 0,
        nb_words: int | None = None,
    ) -> None:
        self.num_words = num_words if nb_words is None else nb_words
        self.filters, self.lower, self.split = filters, lower, split
        self.char_level, self.oov_token, self.analyzer = char_level, oov_token, analyzer
        self.document_count = document_count
        self.word_counts: dict[str, int] = collections.OrderedDict()
        self.word_docs: dict[str, int] = collections.defaultdict(int)
        self.index_docs: dict[int, int] = collections.defaultdict(int)
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: Any) -> Sequence[str]:
        if isinstance(text, list):
            return [word.lower() for word in text] if self.lower else text
        if self.char_level:
            return list(text.lower() if self.lower else text)
        if self.analyzer is not None:
            return self.analyzer(text)
        return text_to_word_sequence(text, self.filters, self.lower, self.split)

    def fit_on_texts(self, texts: Iterable[Any]) -> None:
        """Counts the words of texts and numbers them, the most frequent first."""
        for text in texts:
            self.document_count += 1
            words = self._words(text)
            for word in words:
                self.word_counts[word] = self.word_counts.get(word, 0) + 1
            for word in set(words):
                self.word_docs[word] += 1
        ordered = sorted(self.word_counts, key=lambda word: -self.word_counts[word])
        known = ordered if self.oov_token is None else [self.oov_token, *ordered]
        self.word_index = {word: number for number, word in enumerate(known, 1)}
        self.index_word = {number: word for word, number in self.word_index.items()}
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Sequence[Sequence[int]]) -> None:
        """Counts in how many sequences each number occurs, for "tfidf"."""
        self.document_count += len(sequences)
        for sequence in sequences:
            for number in set(sequence):
                self.index_docs[number] += 1

    def texts_to_sequences(self, texts: Iterable[Any]) -> list[list[int]]:
        """Each text as the numbers of its words."""
        return list(self.texts_to_sequences_generator(texts))

    def texts_to_sequences_generator(self, texts: Iterable[Any]) -> Iterator[list[int]]:
        """`texts_to_sequences`, one by one."""
        for text in texts:
            numbers = (self.word_index.get(word) for word in self._words(text))
            yield self._known(numbers)

    def _known(self, numbers: Iterable[int | None]) -> list[int]:
        """Without numbers that are unknown or too high; with an `oov_token` that stands there."""
        other = None if self.oov_token is None else self.word_index.get(self.oov_token)
        limit = self.num_words or float("inf")
        found = (n if n is not None and n < limit else other for n in numbers)
        return [n for n in found if n is not None]

    def sequences_to_texts(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """Each sequence of numbers as words with a blank between."""
        return list(self.sequences_to_texts_generator(sequences))

    def sequences_to_texts_generator(self, sequences: Iterable[Sequence[int]]) -> Iterator[str]:
        """`sequences_to_texts`, one by one."""
        for sequence in sequences:
            numbers = self._known(n if n in self.index_word else None for n in sequence)
            yield " ".join(self.index_word[n] for n in numbers)

    def texts_to_matrix(self, texts: Iterable[Any], mode: str = "binary") -> Any:
        """A row per text, a column per word; see `sequences_to_matrix`."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(self, sequences: Sequence[Sequence[int]], mode: str = "binary") -> Any:
        """A row per sequence, a column per number.

        Args:
            sequences: numbers of words.
            mode: "binary", "count", "freq" (count by length) or "tfidf": (1 + ln count) times
                ln(1 + documents / (1 + documents with the word)).

        Raises:
            ArgumentError: how many columns is not known, or nothing was counted for "tfidf".
            UnknownNameError: another mode.
        """
        if mode not in _MODES:
            raise unknown_name("sequences_to_matrix", "mode", mode, _MODES)
        columns = self.num_words or (len(self.word_index) + 1 if self.word_index else 0)
        if not columns or (mode == "tfidf" and not self.document_count):
            fault = "no text was counted yet"
            raise ArgumentError(message("Tokenizer", fault, fix="Call `fit_on_texts(texts)` first"))
        matrix = np.zeros((len(sequences), columns))
        for row, sequence in zip(matrix, sequences, strict=True):
            counts = collections.Counter(n for n in sequence if n < columns)
            for number, count in counts.items():
                row[number] = self._weight(mode, number, count, len(sequence))
        return matrix

    def _weight(self, mode: str, number: int, count: int, length: int) -> float:
        if mode == "tfidf":
            documents = 1 + self.index_docs.get(number, 0)
            inverse = np.log(1 + self.document_count / documents)
            return float((1 + np.log(count)) * inverse)
        return {"binary": 1.0, "count": float(count), "freq": count / length}[mode]

    def get_config(self) -> dict[str, Any]:
        """All that it knows, with its tables as JSON, as Keras writes it."""
        plain = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
        config = {name: getattr(self, name) for name in (*plain, "document_count")}
        return config | {name: json.dumps(getattr(self, name)) for name in _TABLES}

    def to_json(self, **kwargs: Any) -> str:
        """The configuration as JSON; `tokenizer_from_json` reads it."""
        return json.dumps({"class_name": "Tokenizer", "config": self.get_config()}, **kwargs)


_TABLES = ("word_counts", "word_docs", "index_docs", "index_word", "word_index")


def tokenizer_from_json(json_string: str) -> Tokenizer:
    """A `Tokenizer` from the text of its `to_json`, Keras's too."""
    config = json.loads(json_string)["config"]
    tables = {name: json.loads(config.pop(name)) for name in _TABLES}
    for name in ("index_docs", "index_word"):  # JSON has no keys but text
        tables[name] = {int(key): value for key, value in tables[name].items()}
    tokenizer = Tokenizer(**config)
    vars(tokenizer).update(tables)
    return tokenizer
