"""The table of all networks: what each has, costs and reached, without building one."""

from __future__ import annotations

import builtins
import fnmatch
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from striate.analysis.table import html_table, text_table
from striate.errors import ArgumentError, message
from striate.zoo.architecture import Architecture
from striate.zoo.counted import COUNTED
from striate.zoo.listing import ARCHITECTURES

FLOAT32_BYTES = 4
NUMBERS = (1, 2, 3, 4, 5)  # columns of the printed table


@dataclass(frozen=True)
class ListedModel:
    """A row of `zoo.list`: one network with its own head and input size.

    Args:
        name: of the function in `striate.zoo`.
        parameters: as published: `counted` "all" weights, or the "trainable" ones.
        counted: which of them.
        num_weights: all values, moving statistics too.
        size_mb: of all values as float32, in 10^6 bytes.
        macs: multiplications with additions for one image.
        receptive_field_px: what a unit of the last map sees, height and width; None: everything.
        top1: published accuracy of one crop, 0 to 1; None where none is published.
        data: the data set of that accuracy.
        input_shape: (height, width, channels) of the paper.
        smallest_px: the smallest height and width it takes.
        smallest_small_px: the same with `stem="small"`; None without such a form.
        classes: of its own data set.
        year: of the paper.
        paper: authors (year), title, link.
        about: what is special.
    """

    name: str
    parameters: int
    counted: str
    num_weights: int
    size_mb: float
    macs: int
    receptive_field_px: tuple[int, int] | None
    top1: float | None
    data: str
    input_shape: tuple[int, int, int]
    smallest_px: int
    smallest_small_px: int | None
    classes: int
    year: int
    paper: str
    about: str

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class ModelTable:
    """What `zoo.list` returns: rows, which print as a table.

    Args:
        rows: one per network.

    Example:
        >>> from striate import zoo
        >>> table = zoo.list("lenet*")
        >>> [row.name for row in table], table["lenet5"].parameters
        (['lenet5', 'lenet5_modern'], 60000)
    """

    rows: tuple[ListedModel, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[ListedModel]:
        return iter(self.rows)

    def __getitem__(self, key: int | str) -> ListedModel:
        if isinstance(key, int):
            return self.rows[key]
        return next(row for row in self.rows if row.name == key)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {"models": [row.to_dict() for row in self.rows]}

    def to_json(self) -> str:
        """Everything as JSON text."""
        return json.dumps(self.to_dict())

    def __str__(self) -> str:
        return text_table(self.header, self.cells(), right=NUMBERS)

    def _repr_html_(self) -> str:
        return html_table(self.header, self.cells(), right=NUMBERS)

    @property
    def header(self) -> tuple[str, ...]:
        """Titles of the columns."""
        return ("name", "parameters", "MB", "GMACs", "sees px", "top-1 %", "data", "input", "paper")

    def cells(self) -> builtins.list[tuple[str, ...]]:
        """Each row as text, as it is printed."""
        return [_cells(row) for row in self.rows]


def _cells(row: ListedModel) -> tuple[str, ...]:
    seen = row.receptive_field_px
    height, width, channels = row.input_shape
    authors = row.paper.split(" (", 1)[0]
    short = re.split(r",| and ", authors)[0].removesuffix(" et al.")
    return (
        row.name,
        f"{row.parameters:,}",
        f"{row.size_mb:,.1f}",
        f"{row.macs / 1e9:.2f}" if row.macs >= 1e7 else f"{row.macs / 1e9:.4f}",
        "all" if seen is None else str(max(seen)),
        "" if row.top1 is None else f"{100 * row.top1:.1f}",
        row.data,
        f"{height}x{width}x{channels}",
        f"{short}{'' if short == authors else ' et al.'} ({row.year})",
    )


def list(
    pattern: str | None = None, *, sort: str | None = None, descending: bool = False
) -> ModelTable:
    """The networks of the zoo, with what each has, costs and reached.

    Every number is counted from the graph or published; tests count them again.

    Args:
        pattern: part of a name, or one with "*" and "?"; None for all.
        sort: a field to sort by, such as "parameters", "macs", "top1" or "year"; networks that
            lack it come last. None: by family, in the order in which they were published.
        descending: largest first.

    Raises:
        ArgumentError: no such field.

    Example:
        >>> from striate import zoo
        >>> [row.name for row in zoo.list("squeezenet", sort="macs")]
        ['squeezenet1_1', 'squeezenet1_0']
    """
    known = [field.name for field in fields(ListedModel)]
    if sort is not None and sort not in known:
        raise ArgumentError(
            message(
                "zoo.list",
                "there is nothing of this name to sort by",
                got={"sort": sort},
                expected=", ".join(known),
            )
        )
    rows = [_row(a) for a in ARCHITECTURES.values() if _matches(a.name, pattern)]
    if sort is not None:
        having = [r for r in rows if getattr(r, sort) is not None]
        lacking = [r for r in rows if getattr(r, sort) is None]
        rows = sorted(having, key=lambda r: getattr(r, sort), reverse=descending) + lacking
    return ModelTable(tuple(rows))


def _matches(name: str, pattern: str | None) -> bool:
    if pattern is None:
        return True
    whole = pattern if any(c in pattern for c in "*?[") else f"*{pattern}*"
    return fnmatch.fnmatchcase(name, whole.lower())


def _row(a: Architecture) -> ListedModel:
    num_weights, macs, seen = COUNTED[a.name]
    return ListedModel(
        name=a.name,
        parameters=a.parameters,
        counted=a.counted,
        num_weights=num_weights,
        size_mb=FLOAT32_BYTES * num_weights / 1e6,
        macs=macs,
        receptive_field_px=seen,
        top1=a.top1,
        data=a.data,
        input_shape=a.input_shape,
        smallest_px=a.smallest,
        smallest_small_px=a.smallest_with.get("small"),
        classes=a.classes,
        year=a.year,
        paper=a.paper,
        about=a.about,
    )
