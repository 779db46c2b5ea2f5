"""`striate doctor`: what this machine is, what it can do, and what would make it faster."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from striate.analysis.table import size_text
from striate.app.reporting import Report, waiting

if TYPE_CHECKING:
    from rich.console import Console

    from striate.app.machine import Machine

BUSY = 0.1  # share of the time taken by others that is worth a word
LOW_BYTES = 2 << 30  # of free memory


def doctor() -> Report:
    """Examines this machine for about three seconds."""
    from striate.app.machine import examine

    with waiting("Measuring"):
        found = examine()
    return report(found)


def report(machine: Machine) -> Report:
    """The facts, and advice that follows from them."""
    told = advice(machine)

    def show(console: Console) -> None:
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for name, value, meaning in rows(machine):
            table.add_row(Text(name, "bold"), value, Text(meaning, "dim"))
        console.print(table)
        console.print()
        if not told:
            console.print("Nothing was found that would make this machine faster.")
            return
        console.print(Text("What would make it faster:", "bold"))
        for line in told:
            console.print(Text(f"- {line}"), soft_wrap=True)

    return Report({**asdict(machine), "advice": told}, show)


def rows(machine: Machine) -> list[tuple[str, str, str]]:
    """(name, value, what it means) of each fact."""
    where = machine.devices[0]
    others = ", ".join(machine.devices[1:])
    auto = "training computes large products in it" if machine.half != "float32" else ""
    waited = machine.waited_share
    peaks = ", ".join(f"{name} {_giga(rate)}FLOP/s" for name, rate in machine.peaks.items())
    loads = f"{_giga(machine.gathered_bytes_per_s)}B/s"
    return [
        ("versions", ", ".join(f"{n} {v}" for n, v in machine.versions.items()), ""),
        ("device", f"{where}: {machine.device_name}", f"others: {others}" if others else ""),
        ("instructions", " ".join(machine.instructions) or "unknown", "of the processor"),
        ('precision="auto"', machine.half, auto or machine.half_reason),
        (
            "threads",
            f"{machine.threads} of {machine.allowed}",
            f"processors that this process may use; the machine has {machine.processors}",
        ),
        (
            "other processes",
            "unknown" if waited is None else f"{waited:.0%}",
            "of the time in which torch wanted to compute",
        ),
        ("kernels", machine.kernels, "striate's own, for convolutional networks on processors"),
        ("allocator", machine.allocator, "large blocks of memory stay in the process"),
        ("free memory", size_text(machine.free_bytes), f"on {where}"),
        ("products", peaks, "the most that convolutions can reach"),
        (
            "bandwidth",
            f"{_giga(machine.bandwidth_bytes_per_s)}B/s",
            "reading and writing memory: the limit of everything that is no product",
        ),
        (
            "decoder",
            f"{machine.decoded_per_s:,.0f} images/s",
            "JPEG of 224 x 224, one thread",
        ),
        ("loader", loads, "images in memory shuffled into batches"),
    ]


def advice(machine: Machine) -> list[str]:
    """What to do, each with the reason; the most important first."""
    found = []
    if machine.card_unused:
        found.append(
            "There is an NVIDIA card, but this torch cannot use it: install the torch for CUDA"
            " (pytorch.org tells the command for this machine)."
        )
    waited = machine.waited_share
    if waited is not None and waited > BUSY:
        found.append(
            f"Other processes held the processors for {waited:.0%} of the time: stop them, or"
            " expect everything to take that much longer."
        )
    found += _about_threads(machine)
    if machine.allocator.startswith("off: STRIATE_ALLOCATOR"):
        found.append(
            "STRIATE_ALLOCATOR turns off the setting that keeps memory in the process: without it"
            " each step asks the system for fresh pages. Unset it."
        )
    found += _about_kernels(machine)
    if machine.free_bytes < LOW_BYTES:
        found.append(
            f"Only {size_text(machine.free_bytes)} of memory are free: model.largest_batch() tells"
            " what fits, fit(recompute=True) makes room."
        )
    if machine.half == "float32":
        found.append(
            f'precision="auto" gains nothing here: {machine.half_reason}. A processor with AMX,'
            " one of AMD's with AVX512-BF16, or an NVIDIA card would multiply about twice as fast"
            " or faster."
        )
    return found


def _about_kernels(machine: Machine) -> list[str]:
    if machine.kernels.startswith("off: STRIATE_KERNELS"):
        return [
            "STRIATE_KERNELS turns off striate's own kernels: torch's take their place, which are"
            " slower on convolutional networks. Unset it."
        ]
    if machine.kernels.startswith("off: they were not compiled"):
        return [
            "striate's own kernels were not compiled when it was installed: install a C++ compiler"
            " (Debian: apt install g++), then striate once more."
        ]
    return []


def _about_threads(machine: Machine) -> list[str]:
    threads, allowed, setting = machine.threads, machine.allowed, machine.thread_setting
    if threads > allowed:
        cause = f"{setting} asks for it" if setting else "torch was told so"
        return [
            f"torch uses {threads} threads, but this process may keep {allowed} processors busy"
            f" ({cause}): they wait for each other. Use {allowed}."
        ]
    if threads < allowed and setting:
        return [
            f"{setting} leaves processors idle: {allowed} may be used. Unset it, or set it to"
            f" {allowed}."
        ]
    return []


def _giga(rate: float) -> str:
    """A rate per second with a prefix.

    Example:
        >>> _giga(2.5e12), _giga(3.2e9), _giga(4.5e6)
        ('2.5 T', '3.2 G', '4.5 M')
    """
    for size, prefix in ((1e12, "T"), (1e9, "G")):
        if rate >= size:
            return f"{rate / size:.1f} {prefix}"
    return f"{rate / 1e6:.1f} M"
