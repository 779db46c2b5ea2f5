"""One row of a CSV file per epoch."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from striate.training.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes the epoch and all metrics of each epoch into a CSV file, at once.

    When a run is resumed, rows of epochs that are trained again are removed first, so that the
    file is the one of an uninterrupted run.

    Args:
        filename: the file; missing folders are made.
        separator: stands between values.
        append: adds rows to an existing file instead of replacing it.

    Example:
        >>> CSVLogger("run/log.csv").append
        False
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._size_bytes: int | None = None

    def state_dict(self) -> dict[str, Any]:
        return {"keys": self.keys, "size_bytes": self._size_bytes}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.keys = state["keys"]
        self._size_bytes = state["size_bytes"]

    def on_train_begin(self, logs: Logs | None = None) -> None:
        # The file is opened by the first row: a resumed run must not empty it before.
        self.keys = None
        self._size_bytes = None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        path = Path(self.filename)
        start_bytes = self._start_bytes(path)
        header = self.keys is None and start_bytes == 0
        if self.keys is None:
            self.keys = _columns(logs)
        row = {"epoch": epoch, **{key: _cell(logs.get(key, "NA")) for key in self.keys}}
        with open(path, "r+b" if path.exists() else "w+b") as file:
            file.truncate(start_bytes)
            file.seek(start_bytes)
            file.write(self._text(row, header).encode())
            self._size_bytes = file.tell()

    def _start_bytes(self, path: Path) -> int:
        """Where the next row begins; what stands after it is of epochs trained again."""
        size_bytes = path.stat().st_size if path.exists() else 0
        if self._size_bytes is not None:
            return min(self._size_bytes, size_bytes)
        path.parent.mkdir(parents=True, exist_ok=True)
        return size_bytes if self.append else 0

    def _text(self, row: Mapping[str, Any], header: bool) -> str:
        buffer = io.StringIO(newline="")
        writer = csv.DictWriter(buffer, fieldnames=list(row), delimiter=self.sep)
        if header:
            writer.writeheader()
        writer.writerow(dict(row))
        return buffer.getvalue()


def _columns(logs: Mapping[str, Any]) -> list[str]:
    """Sorted names; `val_` columns are added if the first epoch has no validation, as in Keras."""
    names = sorted(logs)
    if names and not any(name.startswith("val_") for name in names):
        names += [f"val_{name}" for name in names]
    return names


def _cell(value: Any) -> Any:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return f'"[{", ".join(map(str, value))}]"'
    return value
