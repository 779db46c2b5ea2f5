"""tf.data: pipelines of tensors."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from striate.keras.tensorflow.data.combining import INFINITE as INFINITE_CARDINALITY
from striate.keras.tensorflow.data.combining import UNKNOWN as UNKNOWN_CARDINALITY
from striate.keras.tensorflow.data.dataset import Dataset as Dataset

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "Options",
    "TextLineDataset",
    "experimental",
]

AUTOTUNE = -1


class Options(SimpleNamespace):
    """Settings that are accepted: there is nothing to choose."""

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        made = Options()
        setattr(self, name, made)
        return made


def TextLineDataset(filenames: Any, *_: Any, **__: Any) -> Dataset:
    """The lines of text files."""
    names = filenames if isinstance(filenames, (list, tuple)) else [filenames]
    lines = [line for n in names for line in Path(str(n)).read_text("utf-8").splitlines()]
    return Dataset.from_tensor_slices(lines)


class experimental:
    """Older homes of names."""

    AUTOTUNE = AUTOTUNE
    INFINITE_CARDINALITY = INFINITE_CARDINALITY
    UNKNOWN_CARDINALITY = UNKNOWN_CARDINALITY

    @staticmethod
    def cardinality(dataset: Dataset) -> Any:
        """How many elements a dataset has."""
        return dataset.cardinality()

    @staticmethod
    def shuffle_and_repeat(buffer_size: int, count: int | None = None, seed: Any = None) -> Any:
        """A function for `Dataset.apply`."""
        return lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)

    @staticmethod
    def map_and_batch(map_func: Any, batch_size: int, *_: Any, **options: Any) -> Any:
        """A function for `Dataset.apply`."""
        drop = bool(options.get("drop_remainder", False))
        return lambda dataset: dataset.map(map_func).batch(batch_size, drop)

    @staticmethod
    def prefetch_to_device(*_: Any, **__: Any) -> Any:
        """A function for `Dataset.apply` that changes nothing."""
        return lambda dataset: dataset
