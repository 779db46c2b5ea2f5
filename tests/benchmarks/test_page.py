"""The page of measurements is what the files of results say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import page, report

pytestmark = pytest.mark.torch

CASE = {
    "what": "training",
    "case": "digits",
    "batch": 64,
    "images": 0,
    "optimizer": "rmsprop",
    "parameters": 260_298,
    "macs": 1_000_000,
    "seconds_per_image": {
        "striate, float32": [0.002, 0.002, 0.002],
        "striate, auto": [0.001, 0.001, 0.0012],
        "PyTorch as in tutorials": [0.003, 0.004, 0.0024],
        "PyTorch by hand, float32": [0.0021, 0.002, 0.002],
        "PyTorch by hand, bfloat16": [0.0009, 0.0008, 0.0009],
    },
    "differences": {"striate, float32": 1e-7, "PyTorch as in tutorials": 2e-6},
    "rounding": 1e-5,
    "memory": {"striate, auto": {"peak_bytes": 300 * 2**20, "device_bytes": 0}},
    "versions": {"striate, float32": {"torch": "2.0"}},
    "failed": {"Keras on jax, default": "absent: no environment .peers/keras-jax"},
    "limits": {"float32 mm": [1e9], "bfloat16 mm": [1e9, 2e9], "bandwidth vector": [3e10]},
}


WHERE = dict.fromkeys(["processor", "instruction_set", "threads", "cores", "memory_gib"], "-")
WHERE |= dict.fromkeys(["system", "python", "commit", "utc", "load_at_start", "command"], "-")


def test_the_page_is_that_of_the_results() -> None:
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run `python -m benchmarks.page`"


def test_a_library_shows_its_best_row_and_ratios_are_within_rounds(tmp_path: Path) -> None:
    record = {"what": "training", "machine": WHERE, "limits": CASE["limits"], "cases": [CASE]}
    (tmp_path / "training_x.json").write_text(json.dumps(record), encoding="utf-8")
    text = page.page(tmp_path)
    assert (
        "| digits | 64 | 500 | 1,000 | 333 | 1,111 | 3.00 "
        "| 0.80 (PyTorch by hand, bfloat16) | 50% | 300 |"
    ) in text
    assert "Not measured: Keras on jax, default (absent: no environment .peers/keras-jax)." in text
    assert "torch 2.0" in text


def test_a_table_says_precision_share_memory_and_who_is_absent() -> None:
    text = report.case_text(CASE, {})
    assert "losses of 20 steps of 2 float32 rows differ by 2e-06 at most" in text
    assert "weights changed by 1e-6 change them by 1e-05" in text
    (row,) = (line for line in text.splitlines() if "striate, auto" in line)
    assert "1,000 img/s" in row
    assert "3.00 x" in row
    assert "50% of peak" in row
    assert "300 MiB" in row
    assert "Keras on jax, default                  -- absent" in text


def test_targets_are_reached_at_the_first_epoch_that_is_right_so_often() -> None:
    epochs = [{"seconds": 2.0, "accuracy": 0.98}, {"seconds": 4.0, "accuracy": 0.991}]
    seeds = [{"epochs": epochs, "images": 100}, {"epochs": epochs[:1], "images": 100}]
    case = {"seeds": seeds}
    assert report.reached(case, 0.98) == (2, 2.0, 100)
    assert report.reached_text(case, 0.99) == "4.0 s, 200 images, 1 of 2 seeds"
    assert report.reached_text(case, 0.995) == "not reached"


@pytest.mark.parametrize("copies", [True, False])
def test_a_table_says_that_images_were_jpeg_copies(copies: bool) -> None:
    case = {"case": "ours", "targets": [0.8], "failed": "absent", "jpeg_copies": copies}
    record = {"what": "accuracy_cifar10", "machine": WHERE, "limits": {}, "cases": [case]}
    assert ("CIFAR-10: JPEG copies of its images  " in page.section(record)) is copies
