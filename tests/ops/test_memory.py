"""Free memory is what the tightest limit leaves: the machine's, or a control group's."""

from __future__ import annotations

from pathlib import Path

import pytest

from striate.ops.memory import available_bytes

pytestmark = pytest.mark.torch

GIB = 1 << 30
V2 = "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
V1 = "34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
SYSTEM = f"MemTotal: {32 * 2**20} kB\nMemAvailable:   {20 * 2**20} kB\n"


def tree(root: Path, group: str, mounts: str, files: dict[str, str]) -> Path:
    """A made-up `/proc` and `/sys`."""
    written = {"proc/self/cgroup": group, "proc/self/mountinfo": mounts, "proc/meminfo": SYSTEM}
    for name, text in {**written, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def v2(limit: str, used: int, cached: int = 0) -> dict[str, str]:
    folder = "sys/fs/cgroup"
    return {
        f"{folder}/memory.max": limit,
        f"{folder}/memory.current": f"{used}\n",
        f"{folder}/memory.stat": f"anon 5\ninactive_file {cached}\nactive_file 7\n",
    }


def test_without_a_limit_the_machine_decides(tmp_path: Path) -> None:
    assert available_bytes("cpu", tree(tmp_path, "0::/\n", V2, v2("max\n", GIB))) == 20 * GIB


def test_a_limit_decides_and_cached_files_count_as_free(tmp_path: Path) -> None:
    root = tree(tmp_path, "0::/\n", V2, v2(f"{8 * GIB}\n", 3 * GIB, cached=GIB))
    assert available_bytes("cpu", root) == 6 * GIB


def test_the_tightest_group_on_the_way_up_counts(tmp_path: Path) -> None:
    files = {
        **v2(f"{8 * GIB}\n", 3 * GIB),
        "sys/fs/cgroup/pod/memory.max": f"{4 * GIB}\n",
        "sys/fs/cgroup/pod/memory.current": f"{GIB}\n",
    }
    assert available_bytes("cpu", tree(tmp_path, "0::/pod\n", V2, files)) == 3 * GIB


def test_version_1(tmp_path: Path) -> None:
    files = {
        "sys/fs/cgroup/memory/box/memory.limit_in_bytes": f"{8 * GIB}\n",
        "sys/fs/cgroup/memory/box/memory.usage_in_bytes": f"{7 * GIB}\n",
        "sys/fs/cgroup/memory/box/memory.stat": f"cache 5\ntotal_inactive_file {2 * GIB}\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{7 * GIB}\n",
    }
    assert available_bytes("cpu", tree(tmp_path, "9:memory:/box\n", V1, files)) == 3 * GIB


def test_more_used_than_allowed_leaves_nothing(tmp_path: Path) -> None:
    root = tree(tmp_path, "0::/\n", V2, v2(f"{GIB}\n", 2 * GIB))
    assert available_bytes("cpu", root) == 0
