from __future__ import annotations

import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import striate as st
from striate.app.run_folder import RunFolder

pytestmark = pytest.mark.torch

FILES = {
    "model.striate",
    "history.json",
    "history.csv",
    "config.json",
    "environment.json",
    "log.txt",
    "results.json",
    "checkpoints",
}
SHORT = ("--epochs", "2", "--batch-size", "256", "--verbose", "0")


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def begun(out: Path, *words: object) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    command = [sys.executable, "-m", "striate", "train", *map(str, words), "--out", str(out)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def wait_for(log: Path, text: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not (log.exists() and text in log.read_text(encoding="utf-8")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the run did not get so far"
        time.sleep(0.01)


def test_a_run_folder_holds_all_of_a_run(trained: Path) -> None:
    visible = {path.name for path in trained.iterdir() if not path.name.startswith(".")}
    assert visible - {"told.json"} == FILES
    config = read(trained, "config.json")
    assert config["command"] == (
        "striate train digits --model small --epochs 3 --batch-size 64 --optimizer adam "
        f"--validation-split 0.1 --seed 0 --device auto --save-every epoch --out {trained}"
    )
    assert config["resume"] == f"striate train --resume --out {trained}"
    assert config["seeds"] == {"weights": 0, "order": 0, "validation": 0}
    assert config["data"]["num_train"] + config["data"]["num_validation"] == 1438
    assert config["striate"] == st.__version__
    assert read(trained, "environment.json")["device"] == "cpu"
    assert st.load_model(trained).class_names == list("0123456789")


def test_history_is_told_kept_and_tabled(trained: Path) -> None:
    history = st.History.from_json((trained / "history.json").read_text(encoding="utf-8"))
    told = read(trained, "told.json")
    assert told["history"] == history.history
    assert set(told["history"]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    with open(trained / "history.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert [float(row["loss"]) for row in rows] == history.history["loss"]
    assert read(trained, "results.json") == {"epochs": 3, "test": told["test"]}
    assert told["test"]["accuracy"] > 0.8


def test_the_log_tells_what_happened(trained: Path) -> None:
    lines = (trained / "log.txt").read_text(encoding="utf-8").splitlines()
    assert "begun: striate train digits" in lines[0]
    assert ["epoch 1/3" in lines[1], "epoch 2/3" in lines[2], "epoch 3/3" in lines[3]] == [True] * 3
    assert "finished after 3 epochs; test accuracy 0." in lines[4]


def test_a_run_in_a_log_file_has_a_line_per_epoch(tmp_path: Path, program: Any) -> None:
    done = program("train", "digits", *SHORT[:4], "--out", "a", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "Data     digits: 1,294 images of 8 x 8 x 1 to learn from, 144 for validation; 10 classes",
        "Model    small: 36,202 parameters",
    ]
    assert lines[2].startswith("Run      a on ")
    assert lines[3] == ""
    assert lines[4].startswith("Epoch 1/2 - 6/6 - ")
    assert lines[5].startswith("Epoch 2/2 - 6/6 - ")
    assert lines[6] == ""
    assert lines[7].startswith("Test accuracy 0.")
    assert lines[8:] == [
        "Saved in a: the model, its history, its settings.",
        "Next: striate report a",
        "      striate predict a image.png",
    ]


def test_json_is_all_of_standard_output(tmp_path: Path, program: Any) -> None:
    done = program("train", "digits", *SHORT[:4], "--out", "a", "--json", cwd=tmp_path)
    record = json.loads(done.stdout)
    assert set(record) == {"run", "model", "epochs", "history", "test", "command"}
    assert "Epoch 2/2" in done.stderr


def test_the_same_command_gives_the_same_weights(tmp_path: Path, invoke: Any) -> None:
    for out in ("a", "b"):
        assert (
            invoke("train", "digits", *SHORT, "--seed", 7, "--out", tmp_path / out).exit_code == 0
        )
    assert invoke("train", "digits", *SHORT, "--seed", 8, "--out", tmp_path / "c").exit_code == 0
    a, b, c = ((tmp_path / out / "model.striate").read_bytes() for out in "abc")
    assert a == b != c


def test_every_option_reaches_the_run(tmp_path: Path, invoke: Any) -> None:
    words = ["--model", "mlp", "--optimizer", "sgd", "--learning-rate", "0.05"]
    words += ["--validation-split", "0", "--device", "cpu", "--save-every", "4"]
    assert invoke("train", "digits", *SHORT, *words, "--out", tmp_path / "a").exit_code == 0
    model = st.load_model(tmp_path / "a")
    assert model.name == "mlp"
    assert type(model.optimizer).__name__ == "SGD"
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    assert set(read(tmp_path / "a", "history.json")["history"]) == {"loss", "accuracy"}


def test_a_file_of_ones_own(tmp_path: Path, invoke: Any) -> None:
    x = np.random.default_rng(0).integers(0, 256, (40, 12, 12, 3), dtype=np.uint8)
    np.savez(tmp_path / "own.npz", x=x, y=np.arange(40) % 2, class_names=np.array(["no", "yes"]))
    result = invoke("train", tmp_path / "own.npz", *SHORT, "--out", tmp_path / "a", "--json")
    assert json.loads(result.stdout)["test"] is None
    model = st.load_model(tmp_path / "a")
    assert model.class_names == ["no", "yes"]
    assert model.metadata["preprocessing"] == {
        "size": [12, 12],
        "color_mode": "rgb",
        "range": [0, 255],
    }


def test_without_a_name_the_folder_is_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    for expected in ("runs/digits", "runs/digits-2"):
        record = json.loads(invoke("train", "digits", *SHORT, "--json").stdout)
        assert Path(record["run"]) == Path(expected)


def test_overwriting_replaces_the_run(run: Path, invoke: Any) -> None:
    assert invoke("train", "digits", *SHORT, "--out", run).exit_code == 1
    assert invoke("train", "digits", *SHORT, "--out", run, "--overwrite").exit_code == 0
    assert read(run, "results.json")["epochs"] == 2
    assert "epoch 3/3" not in (run / "log.txt").read_text(encoding="utf-8")


# What goes wrong: before anything is written.


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["digits", "--model", "smal"],
            "--model: unknown model. Got 'smal'. Did you mean 'small' or 'mlp'?",
        ),
        (["digts"], "datasets.load: unknown data set. Got 'digts'. Did you mean 'digits'?"),
        (
            ["digits", "--optimizer", "adm"],
            "unknown optimizer. Got 'adm'. Did you mean 'Adam' or 'Nadam' or 'AdamW'?",
        ),
        (
            ["digits", "--device", "tpu"],
            "device: this is not the name of a device. Got device='tpu'. Expected \"auto\", "
            '"cpu", "cuda", "cuda:0" or "mps". Use device="auto".',
        ),
        (
            ["digits", "--save-every", "often"],
            "fit: save_every is not understood. Got save_every='often'. Expected \"epoch\", a "
            'number of steps, or a time such as "30s", "10min" or "2h".',
        ),
    ],
)
def test_a_fault_is_one_line_and_leaves_no_folder(
    tmp_path: Path, invoke: Any, words: list[str], text: str
) -> None:
    result = invoke("train", *words, "--out", tmp_path / "a")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: {text}\n"
    assert not (tmp_path / "a").exists()


def test_a_missing_file_is_named(tmp_path: Path, invoke: Any) -> None:
    result = invoke("train", tmp_path / "none.npz")
    assert (result.exit_code, result.stderr) == (
        1,
        f"error: {tmp_path / 'none.npz'}: no such file.\n",
    )


def test_a_busy_folder_is_left_alone(run: Path, invoke: Any) -> None:
    pytest.importorskip("fcntl")
    with RunFolder(run).held():
        result = invoke("train", "--resume", "--out", run)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {run}: another process is training into this folder. Wait until it has ended, "
        "or give another --out.\n"
    )


def test_other_data_than_before_are_noticed(tmp_path: Path, invoke: Any) -> None:
    path, out = tmp_path / "own.npz", tmp_path / "a"
    x, y = np.zeros((20, 8, 8), np.uint8), np.arange(20) % 2
    np.savez(path, x=x, y=y)
    assert invoke("train", path, *SHORT, "--out", out).exit_code == 0
    np.savez(path, x=x + 1, y=y)
    result = invoke("train", "--resume", "--out", out)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {out}: the data of own are not those that this run was begun with. Expected the "
        "same training images and labels. Begin another run with another --out.\n"
    )


def test_a_full_disk_keeps_what_was_there_and_can_be_resumed(
    run: Path, monkeypatch: pytest.MonkeyPatch, invoke: Any
) -> None:
    from striate.storage import atomic

    before = (run / "model.striate").read_bytes()
    make = atomic._open_temporary

    def full(target: Path) -> tuple[Path, int]:
        if target.name == "model.striate":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return make(target)

    with monkeypatch.context() as patch:
        patch.setattr(atomic, "_open_temporary", full)
        result = invoke("train", "--resume", "--out", run, "--epochs", 4, "--verbose", 0)
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: {run / 'model.striate'}: no space left on the disk. Free some space or write to "
        "another folder; the file that stood here is untouched.\n"
    )
    assert (run / "model.striate").read_bytes() == before
    assert RunFolder(run).state == "unfinished"
    assert "failed: StorageError" in (run / "log.txt").read_text(encoding="utf-8")
    assert invoke("train", "--resume", "--out", run, "--verbose", 0).exit_code == 0
    assert read(run, "results.json")["epochs"] == 4


# Going on.


def test_a_finished_run_goes_on_with_more_epochs(run: Path, tmp_path: Path, invoke: Any) -> None:
    words = ["train", "digits", "--batch-size", 64, "--epochs", 5, "--verbose", 0]
    assert invoke(*words, "--out", tmp_path / "whole").exit_code == 0
    result = invoke("train", "--resume", "--epochs", 5, "--out", run)
    assert result.exit_code == 0
    assert "3 of 5 epochs are done." in result.stdout.splitlines()
    assert read(run, "config.json")["options"]["epochs"] == 5
    whole = tmp_path / "whole"
    assert (run / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()
    assert (run / "model.striate").read_bytes() == (whole / "model.striate").read_bytes()


def test_resuming_a_finished_run_changes_nothing(run: Path, invoke: Any) -> None:
    before = (run / "model.striate").read_bytes()
    assert invoke("train", "--resume", "--out", run).exit_code == 0
    assert (run / "model.striate").read_bytes() == before


@pytest.mark.parametrize("moment", ["epoch 2/6", "begun", "epoch 4/6"])
@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_weights(
    tmp_path: Path, program: Any, moment: str
) -> None:
    words = ["digits", "--epochs", 6, "--save-every", 7]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = begun(killed, *words)
    wait_for(killed / "log.txt", moment, process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert RunFolder(killed).state == "unfinished"
    result = program("train", "--resume", "--out", killed)
    assert result.returncode == 0, result.stderr
    assert program("train", *words, "--out", whole).returncode == 0
    assert (killed / "model.striate").read_bytes() == (whole / "model.striate").read_bytes()
    assert (killed / "history.csv").read_bytes() == (whole / "history.csv").read_bytes()


@pytest.mark.parametrize(
    ("number", "name", "code"),
    [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143)],
)
def test_a_stopped_run_says_how_to_go_on(
    tmp_path: Path, program: Any, number: signal.Signals, name: str, code: int
) -> None:
    out = tmp_path / "a"
    process = begun(out, "digits", "--epochs", 500)
    wait_for(out / "log.txt", "epoch 1/500", process)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code
    last = stderr.splitlines()[-1]
    assert last.startswith(f"stopped: {name} stopped training in epoch ")
    assert last.endswith(
        f"; the run is saved in {out / 'checkpoints'}. "
        f"Go on with: striate train --resume --out {out}"
    )
    assert "Traceback" not in stderr
    assert f"stopped: {name} stopped training" in (out / "log.txt").read_text(encoding="utf-8")
