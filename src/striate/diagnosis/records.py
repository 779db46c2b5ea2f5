"""Record: what an answer of this room has in common: text, a table, JSON values."""

from __future__ import annotations

import abc
import html
import math
from collections.abc import Sequence
from typing import Any

from striate.analysis.table import html_table, text_table


class Record(abc.ABC):
    """A title, a table and a line or two below it, printed as text or as HTML."""

    @property
    @abc.abstractmethod
    def title(self) -> str:
        """One line that says what it is."""

    @abc.abstractmethod
    def header(self) -> list[str]:
        """Titles of the columns; the first names the row, all others are numbers."""

    @abc.abstractmethod
    def cells(self) -> list[list[str]]:
        """The text of every row."""

    @abc.abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""

    def notes(self) -> list[str]:
        """Lines below the table."""
        return []

    def __str__(self) -> str:
        right = range(1, len(self.header()))
        return "\n".join(
            [self.title, text_table(self.header(), self.cells(), right), *self.notes()]
        )

    def _repr_html_(self) -> str:
        table = html_table(self.header(), self.cells(), range(1, len(self.header())))
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes())
        return f"<b>{html.escape(self.title)}</b>{table}{notes}"


def number(value: float, digits: int = 3) -> str:
    """A number for people; `-` where there is none.

    Example:
        >>> number(0.98765), number(float("nan"))
        ('0.988', '-')
    """
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def plain(values: Sequence[float] | Any) -> list[float | None]:
    """A list of floats for JSON, which knows no NaN."""
    return [None if math.isnan(v) else float(v) for v in values]
