"""HTML from Python values: every text is escaped unless it is HTML already."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence

_VOID = {"img", "meta", "link", "br"}


class Html(str):
    """A text that is HTML already."""


def escaped(part: object) -> str:
    """A part of a page: HTML as it is, anything else as escaped text."""
    return str(part) if isinstance(part, Html) else html.escape(str(part))


def element(name: str, /, *parts: object, **attributes: object) -> Html:
    """An element; attributes are written `class_`, `aria_label`; those that are None are left out.

    Example:
        >>> element("p", "1 < 2", class_="note")
        '<p class="note">1 &lt; 2</p>'
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(parts)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """Parts one after the other."""
    return Html("".join(escaped(part) for part in parts))


def table(
    caption: str,
    header: Sequence[object],
    rows: Iterable[Sequence[object]],
    right: Collection[int] = (),
) -> Html:
    """A table with a caption, a heading for each column and for each row, that scrolls by itself.

    Args:
        caption: what it shows.
        header: titles of the columns.
        rows: cells; the first of each row is its heading.
        right: the columns of numbers.
    """

    def side(index: int) -> str | None:
        return "number" if index in right else None

    head = [element("th", t, scope="col", class_=side(i)) for i, t in enumerate(header)]
    lines = []
    for first, *others in rows:
        cells = [element("td", cell, class_=side(i + 1)) for i, cell in enumerate(others)]
        lines.append(element("tr", element("th", first, scope="row", class_=side(0)), *cells))
    body = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *head)),
        element("tbody", *lines),
    )
    return element("div", body, class_="wide", role="region", tabindex="0", aria_label=caption)


def section(name: str, title: str, *parts: object) -> Html:
    """A part of the page with a heading, reachable as `#name`."""
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, *parts, id=name, aria_labelledby=f"{name}-title")


def facts(pairs: Iterable[tuple[object, object]]) -> Html:
    """A list of names and values."""
    rows = (element("div", element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *rows, class_="facts")
