from __future__ import annotations

from typing import Any

import pytest

import striate

COMMANDS = ("train", "evaluate", "predict", "summary", "models", "datasets", "doctor")


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_nothing_heavy(watched: Any, words: list[str]) -> None:
    done = watched(*words)
    assert done.returncode == 0
    assert "Usage: striate" in done.stdout
    assert done.stderr == "[]\n"


def test_help_lists_every_command(invoke: Any) -> None:
    text = invoke("--help").stdout
    assert all(name in text for name in COMMANDS)


def test_datasets_loads_nothing_heavy(watched: Any) -> None:
    done = watched("datasets", "--json")
    assert done.returncode == 0
    assert done.stderr == "['numpy']\n"


def test_help_takes_less_than_a_third_of_a_second(processor_seconds: Any) -> None:
    assert processor_seconds("--help", limit=0.3) < 0.3


def test_the_version_is_printed(invoke: Any) -> None:
    assert invoke("--version").stdout == f"striate {striate.__version__}\n"


def test_python_dash_m_is_the_same_program(program: Any) -> None:
    assert program("--version").stdout == f"striate {striate.__version__}\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["train"], "Name a data set, for example: striate train digits"),
        (["train", "--resume"], "--resume needs the folder of the run: --out FOLDER"),
        (["train", "--resume", "--overwrite", "--out", "x"], "Either --resume or --overwrite"),
        (["train", "digits", "--epochs", "0"], "--epochs"),
        (["predict", "runs/digits"], "IMAGE"),
        (["trian"], "train"),
    ],
)
def test_what_is_not_understood_exits_with_2(invoke: Any, words: list[str], text: str) -> None:
    result = invoke(*words)
    assert result.exit_code == 2
    assert text in result.stderr
