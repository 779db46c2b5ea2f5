from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch


def test_a_summary_needs_neither_torch_nor_numpy(
    trained: Path, watched: Any, processor_seconds: Any
) -> None:
    done = watched("summary", trained)
    assert done.returncode == 0
    assert done.stderr == "[]\n"
    assert done.stdout.splitlines()[0] == 'Model: "small"'
    assert " Total params: 36,202 (141.41 KB)" in done.stdout.splitlines()
    assert processor_seconds("summary", trained, limit=0.5) < 0.5


def test_a_summary_is_the_same_of_the_folder_and_of_the_file(trained: Path, invoke: Any) -> None:
    folder, file = invoke("summary", trained), invoke("summary", trained / "model.striate")
    assert folder.exit_code == 0
    assert folder.stdout == file.stdout


def test_a_summary_for_machines(trained: Path, invoke: Any) -> None:
    record = json.loads(invoke("summary", trained, "--json").stdout)
    assert record["num_parameters"] == 36202
    assert record["rows"][0]["kind"] == "Rescaling"
    assert record["rows"][-1]["output_shape"] == [None, 10]


def test_a_summary_can_tell_what_is_trained(trained: Path, invoke: Any) -> None:
    assert "Trainable" not in invoke("summary", trained).stdout.splitlines()[2]
    assert "Trainable" in invoke("summary", trained, "--show-trainable").stdout.splitlines()[2]


def test_a_missing_model_is_an_error(tmp_path: Path, invoke: Any) -> None:
    result = invoke("summary", tmp_path / "none")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {tmp_path / 'none'}: there is no such file. Expected a .striate file or a run "
        "folder that holds one.\n"
    )


def test_a_folder_without_a_model_is_an_error(tmp_path: Path, invoke: Any) -> None:
    result = invoke("summary", tmp_path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {tmp_path}: the folder holds no model.striate. Expected a .striate file or a run "
        "folder that holds one.\n"
    )


def test_a_truncated_model_is_an_error(run: Path, invoke: Any) -> None:
    file = run / "model.striate"
    file.write_bytes(file.read_bytes()[:5000])
    for command in (["summary", run], ["evaluate", run], ["predict", run, "x.png"]):
        result = invoke(*command)
        assert result.exit_code == 1
        assert result.stderr == (
            f"error: {file}: the file is truncated or damaged: the end of the zip is missing.\n"
        )


def test_a_file_that_is_no_model_is_an_error(digit: Path, invoke: Any) -> None:
    result = invoke("summary", digit)
    assert result.exit_code == 1
    assert result.stderr == f"error: {digit}: not a striate file: it is not a zip.\n"


def test_the_data_sets_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any
) -> None:
    monkeypatch.setenv("STRIATE_DATA", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    lines = invoke("datasets").stdout.splitlines()
    assert lines[0].split() == ["Name", "Train", "Test", "Image", "Classes", "Here"]
    assert lines[1].split() == ["digits", "1,438", "359", "8", "x", "8", "10", "built", "in"]
    assert " ".join(lines[2].split()) == "mnist 60,000 10,000 28 x 28 10 no, 11 MB"
    assert "Licence: CC BY-SA 3.0." in "\n".join(lines)


def test_the_data_sets_for_machines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any
) -> None:
    monkeypatch.setenv("STRIATE_DATA", str(tmp_path))
    (tmp_path / "mnist.npz").write_bytes(b"")
    listed = json.loads(invoke("datasets", "--json").stdout)["datasets"]
    cached = {item["name"]: item["cached"] for item in listed}
    assert cached["digits"]
    assert cached["mnist"]
    assert listed[1]["train_shape"] == [60000, 28, 28]
    assert {"licence", "source", "num_classes", "download_bytes"} <= set(listed[1])


def test_a_summary_can_tell_cost_memory_sight_and_advice(trained: Path, invoke: Any) -> None:
    shown = invoke("summary", trained, "--cost", "--memory", "--receptive", "--advice").stdout
    heads = shown.splitlines()[2]
    assert all(title in heads for title in ("Window", "MACs", "Kept / sample", "Sees"))
    assert "per sample" in shown
    assert "peak, training" in shown
    plain = json.loads(invoke("summary", trained, "--json").stdout)
    assert "cost" not in plain
    options = ("--cost", "--memory", "--receptive", "--advice", "--batch-size", "8", "--json")
    record = json.loads(invoke("summary", trained, *options).stdout)
    assert record["cost"]["macs"] == sum(row["macs"] for row in record["cost"]["layers"])
    assert record["memory"]["batch_size"] == 8
    assert record["receptive_field"]["layers"]
    assert isinstance(record["advice"]["findings"], list)


def test_everything_a_graph_says_needs_no_torch(trained: Path, watched: Any) -> None:
    done = watched("summary", trained, "--cost", "--memory", "--receptive", "--advice")
    assert done.returncode == 0
    assert done.stderr == "[]\n"
