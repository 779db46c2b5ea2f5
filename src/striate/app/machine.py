"""What a machine is and can do: read from the system, and measured for a second or two."""

from __future__ import annotations

import io
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from striate import __version__
from striate.kernels import library
from striate.ops.allocator import keep_large_blocks
from striate.ops.control_groups import read
from striate.ops.device import available_devices
from striate.ops.memory import available_bytes
from striate.ops.precision import fast_half
from striate.ops.threads import available_cpus

SIZE = 1536  # of the matrices that are multiplied, on a processor; a card gets larger ones
CARD_SIZE = 8192
COPIED = 1 << 28  # bytes that are copied to measure the bandwidth: more than any cache holds
SECONDS = 0.25  # that each measurement takes at least


@dataclass(frozen=True)
class Machine:
    """Facts; those that could not be found are None.

    Args:
        versions: of striate, Python and torch.
        devices: what can compute, the best first.
        device_name: the name of the best.
        instructions: of the processor, as far as they matter here.
        half: the half type that `precision="auto"` uses, or "float32".
        half_reason: why it is float32.
        processors: of the host.
        allowed: processors that this process may keep busy.
        threads: that torch uses.
        thread_setting: the environment variable that says so, if one does.
        waited_share: of the time that threads wanted to compute and others had the processor.
        allocator: "on", or why it is off.
        kernels: "on", or why our own kernels cannot run here.
        free_bytes: memory of the device that is free.
        decoded_per_s: JPEG images of 224 x 224 pixels, decoded by one thread.
        gathered_bytes_per_s: of images, shuffled into batches.
        peaks: products in floating-point operations per second, by number type.
        bandwidth_bytes_per_s: read and written together.
        card_unused: whether there is an NVIDIA card that this torch cannot use.
    """

    versions: dict[str, str]
    devices: tuple[str, ...]
    device_name: str
    instructions: tuple[str, ...]
    half: str
    half_reason: str
    processors: int
    allowed: int
    threads: int
    thread_setting: str
    waited_share: float | None
    allocator: str
    kernels: str
    free_bytes: int
    decoded_per_s: float
    gathered_bytes_per_s: float
    peaks: dict[str, float]
    bandwidth_bytes_per_s: float
    card_unused: bool


def examine(root: Path = Path("/")) -> Machine:
    """Looks and measures; about three seconds."""
    devices = available_devices()
    device = torch.device(devices[0])
    half, reason = fast_half(device.type)
    peaks, waited = _peaks(device, half, root)
    setting = next((n for n in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if os.environ.get(n)), "")
    return Machine(
        versions={
            "striate": __version__,
            "Python": platform.python_version(),
            "torch": torch.__version__,
        },
        devices=tuple(devices),
        device_name=_name(device, root),
        instructions=_instructions(root),
        half=half,
        half_reason=reason,
        processors=os.cpu_count() or 1,
        allowed=available_cpus(root),
        threads=torch.get_num_threads(),
        thread_setting=f"{setting}={os.environ[setting]}" if setting else "",
        waited_share=waited,
        allocator=keep_large_blocks(),
        kernels=f"off: {library.missing()}" if library.missing() else "on",
        free_bytes=available_bytes(device, root),
        decoded_per_s=_decoding(),
        gathered_bytes_per_s=_gathering(),
        peaks=peaks,
        bandwidth_bytes_per_s=_bandwidth(device),
        card_unused="cuda" not in {d.partition(":")[0] for d in devices}
        and (root / "proc/driver/nvidia/version").exists(),
    )


def _name(device: torch.device, root: Path) -> str:
    if device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device)
        return f"{torch.cuda.get_device_name(device)}, compute capability {major}.{minor}"
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _instructions(root: Path) -> tuple[str, ...]:
    flags: list[str] = []
    for line in read(root / "proc/cpuinfo").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            flags = value.split()
            break
    known = ("avx2", "avx512f", "avx512_bf16", "amx_tile", "amx_bf16", "asimd", "bf16", "sve")
    return tuple(flag for flag in known if flag in flags)


def _rate(work: Callable[[], Any], wait: Callable[[], Any]) -> float:
    """Calls per second, of the quickest of three groups of calls."""
    work()
    wait()
    best, spent = 0.0, 0.0
    calls = 1
    while spent < SECONDS:
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        wait()
        took = time.perf_counter() - begun
        spent += took
        best = max(best, calls / took)
        calls = max(1, int(calls * min(10.0, SECONDS / 3 / max(took, 1e-6))))
    return best


def _waiting(device: torch.device) -> Callable[[], Any]:
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return torch.mps.synchronize if device.type == "mps" else lambda: None


def _peaks(device: torch.device, half: str, root: Path) -> tuple[dict[str, float], float | None]:
    """Operations per second of matrix products, and the share of time that others took."""
    size = SIZE if device.type == "cpu" else CARD_SIZE
    found = {}
    before = _scheduled(root)
    for name in dict.fromkeys(("float32", half)):
        a = torch.ones(size, size, dtype=getattr(torch, name), device=device)
        out = torch.empty_like(a)
        multiply = _multiplication(a, out)
        found[name] = 2.0 * size**3 * _rate(multiply, _waiting(device))
    after = _scheduled(root)
    if before is None or after is None:
        return found, None
    ran, waited = after[0] - before[0], after[1] - before[1]
    return found, waited / max(1, ran + waited)


def _multiplication(a: torch.Tensor, out: torch.Tensor) -> Callable[[], Any]:
    return lambda: torch.mm(a, a, out=out)


def _scheduled(root: Path) -> tuple[int, int] | None:
    """Nanoseconds that this process's threads ran, and that they waited for a processor.

    References: Linux kernel, scheduler/sched-stats (/proc/<pid>/schedstat).
    """
    ran = waited = 0
    known = False
    for file in (root / "proc/self/task").glob("*/schedstat"):
        fields = read(file).split()
        if len(fields) == 3:
            known = True
            ran, waited = ran + int(fields[0]), waited + int(fields[1])
    return (ran, waited) if known else None


def _bandwidth(device: torch.device) -> float:
    source = torch.ones(COPIED // 4, device=device)
    place = torch.empty_like(source)
    return 2.0 * COPIED * _rate(lambda: place.copy_(source), _waiting(device))


def _decoding() -> float:
    from PIL import Image

    grid = np.add.outer(np.arange(224), np.arange(224))
    pixels = np.stack([grid % 256, grid * 3 % 256, grid // 2], -1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    content = buffer.getvalue()
    return _rate(lambda: np.asarray(Image.open(io.BytesIO(content))), lambda: None)


def _gathering() -> float:
    from striate import data

    images = np.zeros((8192, 32, 32, 3), np.uint8)
    source = data.source(images, np.zeros(8192), batch_size=256)
    epochs = iter(range(1 << 30))

    def epoch() -> None:
        for _ in source.batches(next(epochs)):
            pass

    return images.nbytes * _rate(epoch, lambda: None)
