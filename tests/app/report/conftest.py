"""Reports written once for all tests, and a reader of their structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

_VOID = {"meta", "img", "br", "link"}


@dataclass
class Node:
    """An element: its name, attributes, and what is inside it."""

    name: str
    attributes: dict[str, str | None]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def every(self, name: str) -> list[Node]:
        """All elements of that name below this one, in order."""
        found = [self] if self.name == name else []
        return found + [node for child in self.children for node in child.every(name)]

    def words(self) -> str:
        """All text below it."""
        return " ".join([self.text, *(child.words() for child in self.children)])


class Reader(HTMLParser):
    """Reads a page into nodes; unclosed and wrongly closed elements are errors."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        node = Node(tag, dict(attrs))
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].name == tag, f"</{tag}> closes <{self._open[-1].name}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].text += data


def read_page(path: Path) -> Node:
    """The structure of a page whose elements are all closed."""
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert [node.name for node in reader._open] == ["document"], "an element is not closed"
    return reader.root


@pytest.fixture(scope="session")
def read() -> Callable[[Path], Node]:
    return read_page


@pytest.fixture(scope="session")
def reported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the trained run."""
    from typer.testing import CliRunner

    from striate.app.cli import app

    out = tmp_path_factory.mktemp("report") / "report.html"
    done: Any = CliRunner().invoke(app, ["report", str(trained), "--out", str(out)])
    assert done.exit_code == 0, done.output
    return out
