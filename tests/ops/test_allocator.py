"""Large blocks stay in the process, unless the environment says otherwise."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.torch

PROGRAM = """
import resource, torch
from striate.ops.allocator import keep_large_blocks
print(keep_large_blocks())
def step():
    return sum(torch.ones(1 << 20).sum() for _ in range(4))  # 4 MiB each
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def run(**environment: str) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    state, faults = done.stdout.split("\n")[:2]
    return state, int(faults)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="settings of glibc")
def test_blocks_are_not_faulted_in_again_at_every_step() -> None:
    state, faults = run(MALLOC_MMAP_THRESHOLD_="131072")
    off, many = run(MALLOC_MMAP_THRESHOLD_="131072", STRIATE_ALLOCATOR="off")
    assert (state, off) == ("on", "off: STRIATE_ALLOCATOR says so")
    assert many > 1000 + 10 * faults
