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
from pathlib import Path, PurePosixPath

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
    for mount, inside, version in _hierarchies(root):
        for folder in _folders_up(mount, inside):
            quota = _quota_v2(folder) if version == 2 else _quota_v1(folder)
            if quota is not None:
                quotas.append(quota)
    return quotas


def _hierarchies(root: Path) -> list[tuple[Path, PurePosixPath, int]]:
    """(mount point, path of this process's group below it, version) of each cpu hierarchy."""
    groups = _own_groups(root)
    found = []
    for line in _read(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or not kind or kind[0] not in ("cgroup", "cgroup2"):
            continue
        version = 2 if kind[0] == "cgroup2" else 1
        if version == 1 and "cpu" not in kind[-1].split(","):
            continue
        group = groups.get(version, PurePosixPath("/"))
        inside = _below(group, PurePosixPath(fields[3]))
        found.append((root / fields[4].lstrip("/"), inside, version))
    return found


def _own_groups(root: Path) -> dict[int, PurePosixPath]:
    """The group of this process by version: `0::/path` is version 2, `4:cpu,cpuacct:/path` 1."""
    groups: dict[int, PurePosixPath] = {}
    for line in _read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            groups[2] = PurePosixPath(path)
        elif "cpu" in controllers.split(","):
            groups[1] = PurePosixPath(path)
    return groups


def _below(group: PurePosixPath, mounted: PurePosixPath) -> PurePosixPath:
    """The group relative to what is mounted; the mount itself if the group lies outside it.

    A container often mounts its own group at the top while `/proc/self/cgroup` still tells the
    host's path; both start alike then, and the rest is the path inside the mount.
    """
    if group.is_relative_to(mounted) and ".." not in group.parts:
        return group.relative_to(mounted)
    return PurePosixPath()


def _folders_up(mount: Path, inside: PurePosixPath) -> list[Path]:
    return [mount / part for part in (inside, *inside.parents)]


def _quota_v2(folder: Path) -> float | None:
    fields = _read(folder / "cpu.max").split()
    if not fields or fields[0] == "max":
        return None
    return _ratio(fields[0], fields[1] if len(fields) > 1 else "100000")


def _quota_v1(folder: Path) -> float | None:
    return _ratio(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    try:
        allowed, every = float(quota), float(period)
    except ValueError:
        return None
    return allowed / every if allowed > 0 and every > 0 else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
