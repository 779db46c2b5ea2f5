"""Transfer learning on real images: CIFAR-10 classes that a backbone has never seen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.house import tree

pytestmark = pytest.mark.torch

SCRIPT = tree.ROOT / "examples" / "transfer_learning.py"


def told(folder: Path, *options: object) -> tuple[str, list[float]]:
    """What the example prints, and its three accuracies: frozen, tuned, from scratch."""
    words = [sys.executable, str(SCRIPT), *map(str, options)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lines = re.findall(r"^  (?:backbone|then|from).*? (0\.\d+|1\.0+)", done.stdout, re.MULTILINE)
    return done.stdout, [float(number) for number in lines]


def test_the_example_runs_in_short(tmp_path: Path) -> None:
    text, accuracies = told(tmp_path, "--quick")
    assert len(accuracies) == 3, text
    assert (tmp_path / "runs/transfer/tuned.striate").exists()


@pytest.mark.slow
def test_a_frozen_backbone_is_better_than_beginning_anew(
    tmp_path: Path, shared_path: Callable[[str], Path]
) -> None:
    """Minutes: six classes are learned first. The spread between seeds is about 0.01."""
    text, accuracies = told(tmp_path, "--images", shared_path("data/cifar10_images.zip"))
    frozen, tuned, scratch = accuracies
    print(text)
    assert frozen > scratch + 0.03
    assert tuned > scratch + 0.05
