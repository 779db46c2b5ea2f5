from __future__ import annotations

import json
from pathlib import Path

import pytest

from striate.app.run_folder import CONFIG, RESULTS, Log, RunFolder, free_name
from striate.errors import ArgumentError, FormatError, StorageError


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs" / "a")


def filled(folder: RunFolder, *names: str) -> None:
    folder.path.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder.path / name).write_text("{}", encoding="utf-8")


def test_the_state_follows_from_the_files(folder: RunFolder) -> None:
    assert folder.state == "new"
    filled(folder, ".lock")
    assert folder.state == "new"
    filled(folder, CONFIG)
    assert folder.state == "unfinished"
    filled(folder, RESULTS)
    assert folder.state == "finished"


def test_a_free_folder_may_be_used(folder: RunFolder) -> None:
    folder.check_free(overwrite=False)
    filled(folder, CONFIG, RESULTS)
    folder.check_free(overwrite=True)


def test_a_finished_run_is_not_overwritten_by_accident(folder: RunFolder) -> None:
    filled(folder, CONFIG, RESULTS)
    with pytest.raises(ArgumentError) as caught:
        folder.check_free(overwrite=False)
    assert str(caught.value) == (
        f"{folder}: this folder holds a finished run. Use --resume to go on with more --epochs, "
        "another --out for a new run, or --overwrite to replace it."
    )


def test_an_unfinished_run_is_not_overwritten_by_accident(folder: RunFolder) -> None:
    filled(folder, CONFIG)
    with pytest.raises(ArgumentError) as caught:
        folder.check_free(overwrite=False)
    assert str(caught.value) == (
        f"{folder}: this folder holds a run that was not finished. Use --resume to go on, "
        "another --out for a new run, or --overwrite to replace it."
    )


def test_a_folder_with_other_things_is_never_overwritten(folder: RunFolder) -> None:
    filled(folder, "thesis.tex")
    for overwrite in (False, True):
        with pytest.raises(ArgumentError) as caught:
            folder.check_free(overwrite)
        assert str(caught.value) == (
            f"{folder}: this folder holds other things than a run. Give another --out."
        )


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("", encoding="utf-8")
    with pytest.raises(ArgumentError) as caught:
        RunFolder(path).check_free(overwrite=True)
    assert str(caught.value) == f"{path}: this is a file, not a folder. Give another --out."


def test_without_a_run_there_is_nothing_to_resume(folder: RunFolder) -> None:
    with pytest.raises(ArgumentError) as caught:
        folder.config()
    assert str(caught.value) == (
        f"{folder}: there is no run to resume. Expected a folder with the config.json of "
        "`striate train`. Leave out --resume to begin one."
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{", "cannot be read as JSON"), ("[1]", "does not hold a JSON object")],
)
def test_a_damaged_file_is_named(folder: RunFolder, text: str, fault: str) -> None:
    filled(folder, CONFIG)
    path = folder.path / CONFIG
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError) as caught:
        folder.config()
    assert str(caught.value) == f"{path}: this file {fault}."


def test_only_one_process_trains_into_a_folder(folder: RunFolder) -> None:
    pytest.importorskip("fcntl")
    with folder.held():
        with pytest.raises(StorageError) as caught, RunFolder(folder.path).held():
            pass
        assert str(caught.value) == (
            f"{folder}: another process is training into this folder. Wait until it has ended, "
            "or give another --out."
        )
    with folder.held():
        pass


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    folder = RunFolder(tmp_path / "file" / "run")
    with pytest.raises(StorageError) as caught, folder.held():
        pass
    assert str(caught.value) == (
        f"{folder}: a part of this path is a file, not a folder. Give another path; "
        "nothing was written."
    )


def test_clearing_removes_the_run_and_nothing_else(folder: RunFolder) -> None:
    filled(folder, CONFIG, RESULTS, "model.striate", "log.txt", "notes.txt")
    folder.checkpoints.mkdir()
    (folder.checkpoints / "checkpoint-000001.zip").write_text("", encoding="utf-8")
    (folder.checkpoints / "mine.zip").write_text("", encoding="utf-8")
    folder.clear()
    assert sorted(p.name for p in folder.path.iterdir()) == ["checkpoints", "notes.txt"]
    assert [p.name for p in folder.checkpoints.iterdir()] == ["mine.zip"]


def test_json_files_hold_no_nan(folder: RunFolder) -> None:
    folder.path.mkdir(parents=True)
    folder.write_json(RESULTS, {"loss": float("nan")})
    assert json.loads((folder.path / RESULTS).read_text(encoding="utf-8")) == {"loss": "nan"}


def test_the_table_has_a_column_per_metric(folder: RunFolder) -> None:
    folder.path.mkdir(parents=True)
    folder.write_history("{}", [{"epoch": 0, "loss": 1.0}, {"epoch": 1, "loss": 0.5, "val": 2}])
    text = (folder.path / "history.csv").read_text(encoding="utf-8")
    assert text == "epoch,loss,val\n0,1.0,\n1,0.5,2\n"


def test_the_log_has_a_time_in_every_line(tmp_path: Path) -> None:
    log = Log(tmp_path / "log.txt")
    log.write("begun")
    log.write("ended")
    first, second = log.path.read_text(encoding="utf-8").splitlines()
    assert first[:2] == "20"
    assert first.endswith("  begun")
    assert second.endswith("  ended")


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    Log(tmp_path / "nowhere" / "log.txt").write("begun")


def test_a_new_run_takes_a_free_name(tmp_path: Path) -> None:
    assert free_name(tmp_path, "digits") == tmp_path / "digits"
    (tmp_path / "digits").mkdir()
    (tmp_path / "digits-2").mkdir()
    assert free_name(tmp_path, "digits") == tmp_path / "digits-3"
