"""The number of processors is what the container was given, under both control group versions."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from striate.ops.threads import available_cpus

pytestmark = pytest.mark.torch

V2_MOUNT = "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw\n"
V1_MOUNT = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"


def tree(root: Path, group: str, mounts: str, files: dict[str, str]) -> Path:
    """A made-up `/proc` and `/sys`."""
    written = {"proc/self/cgroup": group, "proc/self/mountinfo": mounts, **files}
    for name, text in written.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("max 100000\n", 16),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("50000 100000\n", 1),
        ("400000 50000\n", 8),
        ("3200000 100000\n", 16),
        ("300000\n", 3),
        ("nonsense\n", 16),
        ("0 100000\n", 16),
    ],
)
def test_version_2_quota(tmp_path: Path, limit: str, expected: int) -> None:
    root = tree(tmp_path, "0::/\n", V2_MOUNT, {"sys/fs/cgroup/cpu.max": limit})
    assert available_cpus(root, affinity=16) == expected


def test_version_2_the_tightest_group_on_the_way_up_counts(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/pod/box/cpu.max": "max 100000\n",
        "sys/fs/cgroup/pod/cpu.max": "300000 100000\n",
        "sys/fs/cgroup/cpu.max": "800000 100000\n",
    }
    root = tree(tmp_path, "0::/pod/box\n", V2_MOUNT, files)
    assert available_cpus(root, affinity=16) == 3


def test_version_2_own_group_mounted_at_the_top(tmp_path: Path) -> None:
    mounts = "31 23 0:28 /docker/abc /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
    files = {"sys/fs/cgroup/cpu.max": "400000 100000\n"}
    root = tree(tmp_path, "0::/docker/abc\n", mounts, files)
    assert available_cpus(root, affinity=16) == 4


def test_version_2_group_outside_of_what_is_mounted(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/cpu.max": "400000 100000\n"}
    root = tree(tmp_path, "0::/../other\n", V2_MOUNT, files)
    assert available_cpus(root, affinity=16) == 4


def test_version_1_quota_and_nested_groups(tmp_path: Path) -> None:
    folder = "sys/fs/cgroup/cpu,cpuacct"
    files = {
        f"{folder}/cpu.cfs_quota_us": "-1\n",
        f"{folder}/cpu.cfs_period_us": "100000\n",
        f"{folder}/job/cpu.cfs_quota_us": "250000\n",
        f"{folder}/job/cpu.cfs_period_us": "100000\n",
        f"{folder}/job/step/cpu.cfs_quota_us": "600000\n",
        f"{folder}/job/step/cpu.cfs_period_us": "100000\n",
    }
    group = "5:memory:/job\n4:cpu,cpuacct:/job/step\n0::/elsewhere\n"
    root = tree(tmp_path, group, V1_MOUNT, files)
    assert available_cpus(root, affinity=16) == 3


def test_version_1_host_path_of_a_container_that_mounts_its_own_group(tmp_path: Path) -> None:
    mounts = "33 31 0:30 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
    files = {
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n",
    }
    root = tree(tmp_path, "4:cpu:/docker/abc\n", mounts, files)
    assert available_cpus(root, affinity=16) == 2


def test_both_versions_mounted(tmp_path: Path) -> None:
    mounts = V1_MOUNT + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    files = {
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "500000\n",
        "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    }
    root = tree(tmp_path, "1:cpu,cpuacct:/\n0::/\n", mounts, files)
    assert available_cpus(root, affinity=16) == 5


def test_affinity_counts_without_any_quota(tmp_path: Path) -> None:
    assert available_cpus(tmp_path, affinity=3) == 3
    assert available_cpus(tmp_path, affinity=0) == 1


def test_here_it_is_at_most_the_affinity() -> None:
    limit = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert 1 <= available_cpus() <= (limit or 1)


PROGRAM = """
import sys
from striate.ops import threads
threads._applied = False  # importing striate.ops has done it already
threads.available_cpus = lambda: {cpus}
import torch
threads._is_default = lambda n: n == {default}
{before}
print(threads.apply_thread_count(), torch.get_num_threads())
"""


def threads_used(cpus: int, default: int, before: str, **environment: str) -> list[int]:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    text = PROGRAM.format(cpus=cpus, default=default, before=before)
    command = [sys.executable, "-c", text]
    done = subprocess.run(
        command, env={**clean, **environment}, check=True, capture_output=True, text=True
    )
    return [int(word) for word in done.stdout.split()]


def test_torch_is_lowered_to_the_quota() -> None:
    assert threads_used(1, 2, "torch.set_num_threads(2)") == [1, 1]


def test_torch_is_never_raised() -> None:
    assert threads_used(8, 1, "torch.set_num_threads(1)") == [1, 1]


def test_what_the_user_chose_stays() -> None:
    assert threads_used(1, 9, "torch.set_num_threads(3)") == [3, 3]
    assert threads_used(1, 2, "", OMP_NUM_THREADS="2") == [2, 2]
