"""How far a download is: a bar on a terminal or in a notebook, plain lines anywhere else."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

Advance = Callable[[int], None]
"""Called with the number of bytes that have arrived in total."""


@contextlib.contextmanager
def shown(name: str, source: str, done_bytes: int, total_bytes: int | None) -> Iterator[Advance]:
    """Shows the progress of one file on standard error.

    Args:
        name: the file.
        source: the host it comes from.
        done_bytes: what an interrupted download has brought before.
        total_bytes: the whole size, if known.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if console.is_terminal or console.is_jupyter:
        from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

        columns = ("{task.description}", BarColumn(), DownloadColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(f"{name} from {source}", total=total_bytes, completed=done_bytes)
            yield lambda count: bar.update(task, completed=count)
        return
    start = time.monotonic()
    size = "" if total_bytes is None else f" ({size_text(total_bytes)})"
    again = f", going on after {size_text(done_bytes)}" if done_bytes else ""
    sys.stderr.write(f"downloading {name}{size} from {source}{again}\n")
    yield lambda count: None
    sys.stderr.write(f"downloaded {name} in {time.monotonic() - start:.0f} s\n")


def size_text(count_bytes: int) -> str:
    """A size as people write it: `29.5 kB`, `170.5 MB`."""
    for unit, divisor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count_bytes >= divisor:
            return f"{count_bytes / divisor:.1f} {unit}"
    return f"{count_bytes} B"
