"""Batches of changed images from files named in a table."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from striate.data.images.file_iterator import SUFFIXES, FileIterator, Options, check_class_mode
from striate.data.images.iterator import part_of
from striate.errors import DataError, message

if TYPE_CHECKING:
    from striate.data.images.generator import ImageDataGenerator

_WITH_CLASSES = ("categorical", "binary", "sparse")
_CLASS_MODES = (*_WITH_CLASSES, "input", "multi_output", "raw", None)


class TableIterator(FileIterator):
    """Batches of changed images whose files and targets stand in the columns of a table.

    Prints how many it found. Rows whose file is missing are left out with a warning.

    Args:
        dataframe: a pandas DataFrame, or anything with columns by name.
        directory: the folder that the names begin in; None: the names are paths.
        generator: changes the images.
        x_col: the column of file names.
        y_col: the column of classes or targets; a list of columns for "multi_output", and
            for "raw" if it has several.
        weight_col: the column of sample weights.
        classes: the classes in order, others are left out; by default all, sorted. A list in a
            cell is several classes.
        validate_filenames: looks whether each file is there and ends like an image.
        options: those of `Options`. The first rows are for validation.

    Raises:
        DataError: a column that does not suit the class mode, or no images.
        UnknownNameError: another class mode, colour mode or interpolation.
    """

    def __init__(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None,
        generator: ImageDataGenerator,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        classes: Sequence[str] | None = None,
        validate_filenames: bool = True,
        **options: Any,
    ) -> None:
        chosen = Options(data_format=generator.data_format, **options)
        check_class_mode(chosen.class_mode, _CLASS_MODES)
        self.directory = os.fspath(directory or "")
        table = _Table(dataframe, x_col, y_col, chosen.class_mode)
        if validate_filenames:
            table.keep_files(self.directory)
        has_classes = chosen.class_mode in _WITH_CLASSES
        names = table.keep_classes(classes) if has_classes else []
        table.keep_part(*part_of(generator, chosen.subset))
        self.filenames = table.filenames
        _say(len(self.filenames), validate_filenames, len(names) if has_classes else None)
        if not self.filenames:
            raise DataError(message("flow_from_dataframe", "there are no images", expected=_FILES))
        targets = table.targets(names)
        if has_classes:
            self.class_indices = {name: number for number, name in enumerate(names)}
            self.classes = targets
        paths = [os.path.join(self.directory, name) for name in self.filenames]
        weights = None if weight_col is None else table.weights(weight_col)
        super().__init__(paths, generator, chosen, targets, len(names), weights)


_FILES = "rows whose files exist below `directory` and end with " + ", ".join(SUFFIXES)


def _say(count: int, validated: bool, num_classes: int | None) -> None:
    kind = "validated" if validated else "non-validated"
    ending = "" if num_classes is None else f" belonging to {num_classes} classes"
    sys.stdout.write(f"Found {count} {kind} image filenames{ending}.\n")


class _Table:
    """Rows of a table that are still in question, and what their columns hold."""

    def __init__(self, frame: Any, x_col: str, y_col: Any, class_mode: str | None) -> None:
        self._frame, self._x_col, self._y_col, self._mode = frame, x_col, y_col, class_mode
        self._names = self._column(x_col)
        self._rows = list(range(len(self._names)))
        if not all(isinstance(name, str) for name in self._names):
            raise _unsuited(x_col, "x_col", "file names as text")
        if class_mode == "multi_output" and not isinstance(y_col, (list, tuple)):
            raise DataError(
                message(
                    "flow_from_dataframe",
                    'class_mode="multi_output" needs several columns',
                    got={"y_col": y_col},
                    expected="a list of names of columns",
                )
            )
        if class_mode in _WITH_CLASSES:
            kinds = (str, list, tuple) if class_mode == "categorical" else (str,)
            self._labels = self._column(y_col)
            if not all(isinstance(label, kinds) for label in self._labels):
                raise _unsuited(y_col, "y_col", "classes as text", "df[col].astype(str)")

    def _column(self, name: Any) -> list[Any]:
        try:
            return list(self._frame[name])
        except KeyError as error:
            columns = tuple(map(str, getattr(self._frame, "columns", ())))[:12]
            raise DataError(
                message(
                    "flow_from_dataframe",
                    "the table has no such column",
                    got={"column": str(name)},
                    expected=f"one of {', '.join(columns)}",
                )
            ) from error

    @property
    def filenames(self) -> list[str]:
        return [self._names[row] for row in self._rows]

    def keep_files(self, directory: str) -> None:
        """Leaves out rows without a file, with a warning."""
        kept = [row for row in self._rows if _is_image(os.path.join(directory, self._names[row]))]
        missing = len(self._rows) - len(kept)
        if missing:
            warnings.warn(
                f'{missing} names in column "{self._x_col}" are no image files and are left out',
                stacklevel=4,
            )
        self._rows = kept

    def keep_classes(self, classes: Sequence[str] | None) -> list[str]:
        """Leaves out rows of classes that are not asked for; the classes in order."""
        if classes:
            names = list(dict.fromkeys(classes))
            wanted = set(names)
            for row in self._rows:
                self._labels[row] = _among(self._labels[row], wanted)
            self._rows = [row for row in self._rows if self._labels[row]]
        else:
            several = (self._labels[row] for row in self._rows)
            names = sorted({x for y in several for x in ([y] if isinstance(y, str) else y)})
        if self._mode == "binary" and len(names) != 2:
            raise DataError(
                message(
                    "flow_from_dataframe",
                    'class_mode="binary" needs two classes',
                    got={"classes": len(names)},
                    expected="2",
                    fix='Use class_mode="categorical" or "sparse"',
                )
            )
        return names

    def keep_part(self, start: float, end: float) -> None:
        """Leaves out the rows before and behind a part of them."""
        count = len(self._rows)
        self._rows = self._rows[int(start * count) : int(end * count)]

    def targets(self, names: list[str]) -> Any:
        """What belongs to the rows that are left."""
        if self._mode in _WITH_CLASSES:
            number = {name: i for i, name in enumerate(names)}
            labels = [self._labels[row] for row in self._rows]
            return [number[x] if isinstance(x, str) else [number[c] for c in x] for x in labels]
        if self._mode == "multi_output":
            columns = [self._column(name) for name in self._y_col]
            return [np.array([column[row] for row in self._rows]) for column in columns]
        if self._mode != "raw":
            return None
        if isinstance(self._y_col, (list, tuple)):
            columns = [self._column(name) for name in self._y_col]
            return np.array([[column[row] for column in columns] for row in self._rows])
        column = self._column(self._y_col)
        return np.array([column[row] for row in self._rows])

    def weights(self, name: str) -> np.ndarray[Any, np.dtype[Any]]:
        """The weights of the rows that are left."""
        column = np.array(self._column(name))[self._rows]
        if column.dtype.kind not in "iuf":
            raise _unsuited(name, "weight_col", "numbers")
        return column


def _is_image(path: str) -> bool:
    return path.lower().endswith(SUFFIXES) and os.path.isfile(path)


def _among(label: Any, wanted: set[str]) -> Any:
    if isinstance(label, str):
        return label if label in wanted else None
    return [name for name in label if name in wanted] or None


def _unsuited(column: Any, argument: str, expected: str, code: str = "") -> DataError:
    return DataError(
        message(
            "flow_from_dataframe",
            f"column {column!r} does not suit {argument}",
            expected=expected,
            fix=f"Convert it: `df[col] = {code}`" if code else "",
        )
    )
