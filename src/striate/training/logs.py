"""Logs whose numbers are fetched from the device only when somebody reads one.

A callback that gets logs after every batch and ignores them must not make the processor wait for
the device. `LazyLogs` knows its keys, and becomes a table of floats at the first look at a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np
import torch

# Keras's earlier and later names of the same value; scripts of every age read either.
_SAME = (("acc", "accuracy"), ("lr", "learning_rate"))


def known_as(name: object, known: Collection[str]) -> str | None:
    """The one of the known names that a name stands for; None if there is none.

    Example:
        >>> known_as("val_acc", ["loss", "val_accuracy"])
        'val_accuracy'
    """
    if not isinstance(name, str):
        return None
    for pair in _SAME:
        for own, other in (pair, pair[::-1]):
            if name == own or name.endswith(f"_{own}"):
                found = name.removesuffix(own) + other
                if found in known:
                    return found
    return None


class Answering(dict[str, Any]):
    """A dict of logs or history that answers to "acc" and "accuracy", "lr" and "learning_rate".

    It keeps one key of each pair, the one that Keras 3 has; the other is resolved when it is read.

    Example:
        >>> logs = Answering(accuracy=0.75)
        >>> logs["acc"], logs.get("acc"), "acc" in logs, list(logs)
        (0.75, 0.75, True, ['accuracy'])
    """

    def __missing__(self, name: str) -> Any:
        other = known_as(name, self.keys())
        if other is None:
            raise KeyError(name)
        return super().__getitem__(other)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or known_as(name, self.keys()) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """The value under either name."""
        found = name if super().__contains__(name) else known_as(name, self.keys())
        return default if found is None else super().__getitem__(found)


class LazyLogs(MutableMapping[str, Any]):
    """A mapping from metric names to floats, filled in at the first look at a value.

    Args:
        keys: the names, in the order in which they are listed.
        read: returns all values, as `plain_logs` does; called at most once.

    Example:
        >>> logs = LazyLogs(("loss",), lambda: {"loss": 0.5})
        >>> list(logs), logs["loss"]
        (['loss'], 0.5)
    """

    __slots__ = ("__weakref__", "_keys", "_read", "_values")

    def __init__(self, keys: tuple[str, ...], read: Callable[[], dict[str, Any]]) -> None:
        self._keys = keys
        self._read: Callable[[], dict[str, Any]] | None = read
        self._values: dict[str, Any] | None = None

    def fetch(self) -> dict[str, Any]:
        """The values; fetches them if nobody has yet."""
        if self._values is None:
            read, self._read = self._read, None
            self._values = Answering(read() if read is not None else {})
        return self._values

    @property
    def fetched(self) -> bool:
        """Whether the values are here already."""
        return self._values is not None

    def copy(self) -> dict[str, Any]:
        """An ordinary dict of the values."""
        return dict(self.fetch())

    def __getitem__(self, key: str) -> Any:
        return self.fetch()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.fetch()[key] = value

    def __delitem__(self, key: str) -> None:
        del self.fetch()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys if self._values is None else self._values)

    def __len__(self) -> int:
        return len(self._keys if self._values is None else self._values)

    def __contains__(self, key: object) -> bool:
        names = self._keys if self._values is None else self._values
        return key in names or known_as(key, names) is not None

    def __repr__(self) -> str:
        return repr(self.fetch())


def plain_logs(values: Mapping[str, Any]) -> dict[str, Any]:
    """Sorted by name, as Keras does; scalars become floats, anything larger a NumPy array."""
    return {name: plain_value(values[name]) for name in sorted(values)}


def plain_value(value: Any) -> Any:
    """A float for a scalar of any kind; a NumPy array for a larger tensor; else unchanged."""
    if isinstance(value, torch.Tensor):
        return value.item() if value.ndim == 0 else value.detach().cpu().numpy()
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return float(value)
    return value
