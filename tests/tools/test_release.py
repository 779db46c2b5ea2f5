"""The release script shows by default, writes when told, and refuses what is not a release."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from tests.house import tree
from tools import release

DAY = datetime.date(2031, 5, 6)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "README.md").write_text("How to write one.\n")
    (tmp_path / "changelog.d" / "stride.fixed.md").write_text("Stride 0 is refused.\n")
    (tmp_path / "changelog.d" / "conv.added.md").write_text("Conv2D,\nwith groups.\n")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n<!-- releases -->\n\n## 0.1.0 (x)\n")
    (tmp_path / "src" / "striate").mkdir(parents=True)
    (tmp_path / "src" / "striate" / "__init__.py").write_text('__version__ = "0.2.0.dev0"\n')
    return tmp_path


def contents(project: Path) -> dict[str, str]:
    return {str(p.relative_to(project)): p.read_text() for p in project.rglob("*") if p.is_file()}


def test_a_section_orders_entries_by_kind_and_indents_their_lines(project: Path) -> None:
    assert release.section("0.2.0", DAY, release.fragments(project)) == (
        "## 0.2.0 (2031-05-06)\n\n"
        "### Added\n\n- Conv2D,\n  with groups.\n\n"
        "### Fixed\n\n- Stride 0 is refused.\n"
    )


def test_a_dry_run_changes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(project)
    assert release.main(["0.2.0"], project) == 0
    assert contents(project) == before
    assert "would remove changelog.d/conv.added.md" in capsys.readouterr().out


def test_write_makes_the_release(project: Path) -> None:
    assert release.main(["0.2.0", "--write"], project) == 0
    after = contents(project)
    assert after["src/striate/__init__.py"] == '__version__ = "0.2.0"\n'
    assert set(after) == {"changelog.d/README.md", "CHANGELOG.md", "src/striate/__init__.py"}
    log = after["CHANGELOG.md"]
    assert log.index("## 0.2.0") < log.index("- Stride 0 is refused.") < log.index("## 0.1.0")


@pytest.mark.parametrize(
    ("version", "fragment", "text"),
    [
        ("two", None, "version 'two' is not of the form 1.2.3, 1.2.3a1, 1.2.3rc1"),
        ("0.2.0", ("x.news.md", "Text"), "x.news.md: the name ends in .<kind>.md, kind one of ["),
        ("0.2.0", ("x.fixed.md", " \n"), "x.fixed.md: has no text"),
    ],
)
def test_what_is_wrong_is_said(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    version: str,
    fragment: tuple[str, str] | None,
    text: str,
) -> None:
    if fragment:
        (project / "changelog.d" / fragment[0]).write_text(fragment[1])
    assert release.main([version], project) == 1
    assert capsys.readouterr().err.startswith(f"release: {text}")


def test_a_release_needs_a_change(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert release.main(["0.2.0", "--write"], project) == 0
    assert release.main(["0.3.0"], project) == 1
    assert "holds no fragment" in capsys.readouterr().err


def test_the_fragments_of_this_repository_are_well_formed() -> None:
    release.fragments(tree.ROOT)
    assert release.MARK in (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
