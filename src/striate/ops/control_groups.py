"""Control groups: the folders in which Linux keeps the limits of a container.

References: Linux kernel, admin-guide/cgroup-v2 and admin-guide/cgroup-v1.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath


def group_folders(root: Path, controller: str) -> list[tuple[Path, int]]:
    """(folder, version) of this process's group and every group above it, in both versions.

    Args:
        root: where `proc` and `sys` are found; a test passes a made-up tree.
        controller: "cpu" or "memory".
    """
    groups = _own_groups(root, controller)
    found = []
    for line in read(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or not kind or kind[0] not in ("cgroup", "cgroup2"):
            continue
        version = 2 if kind[0] == "cgroup2" else 1
        if version == 1 and controller not in kind[-1].split(","):
            continue
        group = groups.get(version, PurePosixPath("/"))
        inside = _below(group, PurePosixPath(fields[3]))
        mount = root / fields[4].lstrip("/")
        found += [(mount / part, version) for part in (inside, *inside.parents)]
    return found


def read(path: Path) -> str:
    """The text of a file; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _own_groups(root: Path, controller: str) -> dict[int, PurePosixPath]:
    """The group of this process by version: `0::/path` is version 2, `4:cpu,cpuacct:/path` 1."""
    groups: dict[int, PurePosixPath] = {}
    for line in read(root / "proc/self/cgroup").splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            groups[2] = PurePosixPath(path)
        elif controller in controllers.split(","):
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
