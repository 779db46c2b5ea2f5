"""A folder of small images in three classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SIZES = {"cat": 5, "dog": 4, "owl": 3}


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """`pets/<class>/<number>.png`, one in a folder inside, and a file that is no image."""
    random = np.random.RandomState(0)
    for name, count in SIZES.items():
        folder = tmp_path / "pets" / name
        (folder / "more").mkdir(parents=True)
        for number in range(count):
            place = folder / "more" if number == 2 else folder
            pixels = random.randint(0, 256, (12, 10 + number, 3)).astype("uint8")
            Image.fromarray(pixels).save(place / f"{number}.png")
        (folder / "notes.txt").write_text("not an image")
    return tmp_path / "pets"
