"""How much memory is free: of a card, or of the container that this process runs in."""

from __future__ import annotations

from pathlib import Path

import torch

from striate.ops.control_groups import group_folders, read


def available_bytes(device: str | torch.device, root: Path = Path("/")) -> int:
    """Bytes that new tensors on a device may take.

    On the CPU the smallest of what Linux calls available and of what each control group's limit
    leaves; files that are only cached count as free. Pages that this process holds but does not
    use at present count as taken.

    Args:
        device: "cpu", "cuda", ...
        root: where `proc` and `sys` are found; a test passes a made-up tree.

    Example:
        >>> available_bytes("cpu") > 0
        True
    """
    place = torch.device(device)
    if place.type == "cuda":
        free, _ = torch.cuda.mem_get_info(place)
        unused = torch.cuda.memory_reserved(place) - torch.cuda.memory_allocated(place)
        return int(free + unused)
    if place.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    rooms = [_by_group(folder, version) for folder, version in group_folders(root, "memory")]
    rooms.append(_by_system(root))
    return max(0, min((room for room in rooms if room is not None), default=0))


def _by_system(root: Path) -> int | None:
    for line in read(root / "proc/meminfo").splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.split()[0]) * 1024
    return None


def _by_group(folder: Path, version: int) -> int | None:
    names = ("memory.max", "memory.current", "inactive_file")
    if version == 1:
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
    limit, used = _number(folder / names[0]), _number(folder / names[1])
    if limit is None or used is None or limit >= 1 << 60:  # version 1 has no word for "no limit"
        return None
    cached = 0
    for line in read(folder / "memory.stat").splitlines():
        name, _, amount = line.partition(" ")
        if name == names[2] and amount.isdigit():
            cached = int(amount)
    return limit - used + cached


def _number(path: Path) -> int | None:
    text = read(path).strip()
    return int(text) if text.isdigit() else None
