"""What a measurement ran on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

# What the processor can multiply decides more than its name does.
_SETS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2")


def machine(threads: int, device: str) -> dict[str, Any]:
    """Processor, instruction set, threads, memory, device, load, Python, command and time."""
    import torch

    found = {
        "processor": _cpu("model name") or platform.machine(),
        "instruction_set": instruction_set(),
        "cores": os.cpu_count(),
        "threads": threads,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_at_start": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _commit(),
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
        "utc": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"),
    }
    if device == "cuda":
        found["device"] = torch.cuda.get_device_name()
        found["cuda"] = torch.version.cuda
    return found


def instruction_set() -> str:
    """The best of a few instruction sets that the processor says it has."""
    flags = _cpu("flags").split()
    return next((name for name in _SETS if name in flags), platform.machine())


def chip(device: str) -> str:
    """A short name of what computes, for names of files."""
    import torch

    if device == "cuda":
        name = torch.cuda.get_device_name()
    else:
        name = f"{_cpu('model name') or platform.machine()} {instruction_set().replace('_', '')}"
    words = re.sub(r"\(\w+\)|CPU|@.*|Processor|NVIDIA", "", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _cpu(field: str) -> str:
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    match = re.search(rf"^{field}\s*:\s*(.*)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def _commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
