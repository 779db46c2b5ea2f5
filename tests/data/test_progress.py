"""Plain lines where nobody watches, a bar where somebody does."""

from __future__ import annotations

import pytest

from striate.data.progress import shown, size_text


def test_sizes_are_written_as_people_do() -> None:
    sizes = [0, 999, 29515, 170498071, 3_200_000_000]
    assert [size_text(n) for n in sizes] == ["0 B", "999 B", "29.5 kB", "170.5 MB", "3.2 GB"]


def test_plain_lines_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with shown("a.npz", "data.example", 0, 2_000_000) as advance:
        advance(1_000_000)
    with shown("a.npz", "data.example", 500_000, None):
        pass
    assert capsys.readouterr().err == (
        "downloading a.npz (2.0 MB) from data.example\n"
        "downloaded a.npz in 0 s\n"
        "downloading a.npz from data.example, going on after 500.0 kB\n"
        "downloaded a.npz in 0 s\n"
    )


def test_a_failed_download_is_not_said_to_be_downloaded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(OSError, match="lost"), shown("a.npz", "data.example", 0, None):
        raise OSError("lost")
    assert capsys.readouterr().err == "downloading a.npz from data.example\n"


def test_a_bar_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with shown("a.npz", "data.example", 500_000, 1_000_000) as advance:
        advance(1_000_000)
    assert "a.npz from data.example" in capsys.readouterr().err
