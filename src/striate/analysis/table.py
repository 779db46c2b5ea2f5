"""table: rows of text in columns, plain and as HTML; what the records of this room print."""

from __future__ import annotations

import html
import itertools
import textwrap
from collections.abc import Collection, Sequence

WIDEST = 46  # characters of a column of text


def text_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()
) -> str:
    """Columns two spaces apart; long cells go on in the next line.

    Args:
        header: titles.
        rows: cells, as many as there are titles.
        right: the numbers of the columns that are aligned at the right.

    Example:
        >>> print(text_table(("layer", "MACs"), [("conv2d", "1,024"), ("dense", "10")], right=[1]))
        layer    MACs
        conv2d  1,024
        dense      10
    """
    cells = [[_lines(cell) for cell in row] for row in (header, *rows)]
    widths = [
        max(len(line) for cell in column for line in cell) for column in zip(*cells, strict=True)
    ]
    lines = []
    for row in cells:
        for parts in itertools.zip_longest(*row, fillvalue=""):
            padded = [
                part.rjust(width) if i in right else part.ljust(width)
                for i, (part, width) in enumerate(zip(parts, widths, strict=True))
            ]
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def html_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()
) -> str:
    """The same as an HTML table."""

    def line(row: Sequence[str], tag: str) -> str:
        cells = (
            f"<{tag}{_ALIGN if i in right else ''}>{html.escape(cell)}</{tag}>"
            for i, cell in enumerate(row)
        )
        return f"<tr>{''.join(cells)}</tr>"

    body = "".join(line(row, "td") for row in rows)
    return f"<table><thead>{line(header, 'th')}</thead><tbody>{body}</tbody></table>"


_ALIGN = ' style="text-align:right"'


def _lines(cell: str) -> list[str]:
    """A cell's lines; indentation stays."""
    if len(cell) <= WIDEST:
        return [cell]
    margin = " " * (len(cell) - len(cell.lstrip()))
    return textwrap.wrap(cell, WIDEST, initial_indent=margin, subsequent_indent=margin) or [""]


def size_text(size_bytes: float) -> str:
    """Bytes for people, in units of 1024.

    Example:
        >>> size_text(1_041_192)
        '1016.79 KB'
    """
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if size_bytes < 1024 or unit == "TB":
            break
        size_bytes /= 1024
    return f"{size_bytes:.2f} {unit}"
