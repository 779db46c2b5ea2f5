"""`striate doctor`: facts in words, advice that follows from them, and none without a reason."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from striate.app import machine
from striate.app.doctor import advice, report, rows
from striate.app.machine import Machine

pytestmark = pytest.mark.torch

GOOD = Machine(
    versions={"striate": "0.1.0", "Python": "3.12.1", "torch": "2.11.0"},
    devices=("cpu",),
    device_name="AMD EPYC 9R14",
    instructions=("avx2", "avx512f", "avx512_bf16"),
    half="bfloat16",
    half_reason="",
    processors=64,
    allowed=2,
    threads=2,
    thread_setting="",
    waited_share=0.01,
    allocator="on",
    kernels="on",
    free_bytes=20 << 30,
    decoded_per_s=1234.0,
    gathered_bytes_per_s=3.2e9,
    peaks={"float32": 210e9, "bfloat16": 400e9},
    bandwidth_bytes_per_s=21e9,
    card_unused=False,
)


def changed(**facts: Any) -> list[str]:
    return advice(dataclasses.replace(GOOD, **facts))


def test_a_machine_without_faults_gets_no_advice() -> None:
    assert advice(GOOD) == []


def test_other_processes_are_seen() -> None:
    assert changed(waited_share=0.48) == [
        "Other processes held the processors for 48% of the time: stop them, or expect everything"
        " to take that much longer."
    ]
    assert changed(waited_share=None) == []


def test_threads_that_are_idle_or_too_many() -> None:
    assert changed(threads=1, thread_setting="OMP_NUM_THREADS=1") == [
        "OMP_NUM_THREADS=1 leaves processors idle: 2 may be used. Unset it, or set it to 2."
    ]
    assert changed(threads=1) == []  # one thread per core, where two processors share it
    assert changed(threads=64, thread_setting="OMP_NUM_THREADS=64") == [
        "torch uses 64 threads, but this process may keep 2 processors busy (OMP_NUM_THREADS=64"
        " asks for it): they wait for each other. Use 2."
    ]
    assert "(torch was told so)" in changed(threads=3)[0]


def test_cards_memory_precision_and_allocator() -> None:
    assert changed(card_unused=True) == [
        "There is an NVIDIA card, but this torch cannot use it: install the torch for CUDA"
        " (pytorch.org tells the command for this machine)."
    ]
    assert changed(free_bytes=1 << 30) == [
        "Only 1.00 GB of memory are free: model.largest_batch() tells what fits,"
        " fit(recompute=True) makes room."
    ]
    assert changed(half="float32", half_reason="this CPU has neither AVX512-BF16 nor AMX") == [
        'precision="auto" gains nothing here: this CPU has neither AVX512-BF16 nor AMX. A processor'
        " with AMX, one of AMD's with AVX512-BF16, or an NVIDIA card would multiply about twice as"
        " fast or faster."
    ]
    assert changed(allocator="off: STRIATE_ALLOCATOR says so") == [
        "STRIATE_ALLOCATOR turns off the setting that keeps memory in the process: without it each"
        " step asks the system for fresh pages. Unset it."
    ]
    assert changed(allocator="off: the C library is not glibc") == []


def test_kernels_that_are_off() -> None:
    assert changed(kernels="off: STRIATE_KERNELS says so") == [
        "STRIATE_KERNELS turns off striate's own kernels: torch's take their place, which are"
        " slower on convolutional networks. Unset it."
    ]
    uncompiled = "off: they were not compiled when striate was installed (is there a C++ compiler?)"
    assert changed(kernels=uncompiled) == [
        "striate's own kernels were not compiled when it was installed: install a C++ compiler"
        " (Debian: apt install g++), then striate once more."
    ]
    assert changed(kernels="off: the processor has no AVX-512") == []


def test_the_facts_in_words() -> None:
    told = {name: (value, meaning) for name, value, meaning in rows(GOOD)}
    assert told["device"] == ("cpu: AMD EPYC 9R14", "")
    assert told["threads"] == (
        "2 of 2",
        "processors that this process may use; the machine has 64",
    )
    assert told["products"][0] == "float32 210.0 GFLOP/s, bfloat16 400.0 GFLOP/s"
    assert told["bandwidth"][0] == "21.0 GB/s"
    assert told["free memory"] == ("20.00 GB", "on cpu")
    two = dataclasses.replace(GOOD, devices=("cuda:0", "cpu"))
    assert rows(two)[1][2] == "others: cpu"


def test_the_report_for_machines() -> None:
    record = report(GOOD).record
    assert record["peaks"] == {"float32": 210e9, "bfloat16": 400e9}
    assert record["advice"] == []


def test_facts_are_read_from_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "SIZE", 64)
    monkeypatch.setattr(machine, "SECONDS", 0.001)
    monkeypatch.setattr(machine, "COPIED", 1 << 16)
    files = {
        "proc/cpuinfo": "model name\t: Made Up 9\nflags\t\t: fpu avx2 avx512_bf16 sse\n",
        "proc/meminfo": "MemAvailable: 1024 kB\n",
        "proc/driver/nvidia/version": "NVRM",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = machine.examine(tmp_path)
    if found.devices == ("cpu",):
        assert found.device_name == "Made Up 9"
        assert found.free_bytes == 1 << 20
        assert found.card_unused
    assert found.instructions == ("avx2", "avx512_bf16")
    assert found.waited_share is None
    assert found.peaks["float32"] > 0


def test_waiting_for_a_processor_is_counted(tmp_path: Path) -> None:
    for number, text in (("1", "100 50 3\n"), ("2", "200 150 4\n")):
        folder = tmp_path / "proc/self/task" / number
        folder.mkdir(parents=True)
        (folder / "schedstat").write_text(text, encoding="ascii")
    assert machine._scheduled(tmp_path) == (300, 200)


def test_the_command(invoke: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "examine", lambda: GOOD)
    told = invoke("doctor")
    assert told.exit_code == 0
    assert "AMD EPYC 9R14" in told.stdout
    assert "Nothing was found that would make this machine faster." in told.stdout
    assert json.loads(invoke("doctor", "--json").stdout)["threads"] == 2
    monkeypatch.setattr(machine, "examine", lambda: dataclasses.replace(GOOD, waited_share=0.5))
    assert "- Other processes held the processors for 50%" in invoke("doctor").stdout
