"""Options image files: the same alone and in threads."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from striate.data.images.file_iterator import Options


@pytest.mark.parametrize("processors", [1, 4])
def test_threads_change_nothing(
    pets: Path, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    paths = [str(path) for path in sorted(pets.rglob("*.png"))]
    reading = Options((6, 7), "grayscale", interpolation="bilinear")
    found = reading.images(paths)
    assert found.shape == (12, *reading.image_shape) == (12, 6, 7, 1)
    np.testing.assert_array_equal(found, np.stack([reading.image(path) for path in paths]))
