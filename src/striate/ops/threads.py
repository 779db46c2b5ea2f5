"""How many threads the arithmetic may use: what the container was given, not what the host has.

`available_cpus` reads three limits and returns the smallest: the processors this process may run
on (affinity), the CPU quota of its control group and of every group above it. A process that
starts one thread per processor of the host inside a container of two is throttled by the kernel
and runs several times slower than with two threads.

References: Linux kernel, admin-guide/cgroup-v2 (cpu.max), scheduler/sched-bwc (cpu.cfs_quota_us).
"""

from __future__ import annotations

import math
import os
from pathlib import Path

from striate.ops.control_groups import group_folders, read

_OVERRIDES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
_applied = False


def available_cpus(root: Path = Path("/"), affinity: int | None = None) -> int:
    """The number of processors this process may keep busy, at least 1.

    A quota of 1.5 processors gives 2: two threads use all of it, one leaves a third unused.

    Args:
        root: where `proc` and `sys` are found; a test passes a made-up tree.
        affinity: number of processors the process may run on; None asks the system.

    Example:
        >>> available_cpus() >= 1
        True
    """
    limits = [affinity if affinity is not None else _affinity()]
    limits += [math.ceil(quota - 1e-6) for quota in _quotas(root)]
    return max(1, min(limits))


def apply_thread_count() -> int:
    """Lowers torch's threads to `available_cpus()`, once; returns the number torch uses.

    Never raises it: torch's own default of one thread per physical core is the better one where
    two logical processors share a core. Leaves torch alone if the user has chosen:
    `OMP_NUM_THREADS` or `MKL_NUM_THREADS` is set, or torch was told another number than its own
    default (one thread per logical or per physical processor) before striate came.
    """
    global _applied
    import torch

    current = torch.get_num_threads()
    if _applied:
        return current
    _applied = True
    if any(os.environ.get(name) for name in _OVERRIDES) or not _is_default(current):
        return current
    wanted = min(current, available_cpus())
    if wanted != current:
        torch.set_num_threads(wanted)
    return wanted


def _is_default(threads: int) -> bool:
    processors = {os.cpu_count() or 1, _affinity()}
    return threads in processors | {count // 2 for count in processors}


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _quotas(root: Path) -> list[float]:
    """Every CPU quota that binds this process, in processors, from both cgroup versions."""
    quotas = []
    for folder, version in group_folders(root, "cpu"):
        quota = _quota_v2(folder) if version == 2 else _quota_v1(folder)
        if quota is not None:
            quotas.append(quota)
    return quotas


def _quota_v2(folder: Path) -> float | None:
    fields = read(folder / "cpu.max").split()
    if not fields or fields[0] == "max":
        return None
    return _ratio(fields[0], fields[1] if len(fields) > 1 else "100000")


def _quota_v1(folder: Path) -> float | None:
    return _ratio(read(folder / "cpu.cfs_quota_us"), read(folder / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    try:
        allowed, every = float(quota), float(period)
    except ValueError:
        return None
    return allowed / every if allowed > 0 and every > 0 else None
