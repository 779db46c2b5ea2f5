"""The code on the README and on the pages under docs/ runs as it is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import pages, tree

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("path", pages.pages(), ids=tree.relative)
def test_the_code_blocks_of_a_page_run(
    path: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    shared_path: Callable[[str], Path],
) -> None:
    monkeypatch.chdir(tmp_path)
    if "mnist.load_data" in path.read_text(encoding="utf-8"):
        monkeypatch.setenv("STRIATE_DATA", str(shared_path("data/mnist.npz").parent))
    for example in pages.document(path).examples():
        example.evaluate()


def test_a_failing_block_fails(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n")
    first, second = pages.document(page).examples()
    first.evaluate()
    with pytest.raises(AssertionError):
        second.evaluate()


def test_console_blocks_give_commands_and_their_output() -> None:
    text = "$ make demo\nmuch\nmore\n$ striate train digits \\\n    --epochs 1\nok\n"
    assert pages.commands(text) == [
        ("make demo", "much\nmore\n"),
        ("striate train digits --epochs 1", "ok\n"),
    ]
