"""In a browser: the page is laid out on a phone and a desktop, in its own colours."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from striate.app.report.style import COLOURS

pytestmark = pytest.mark.torch

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
SCHEMES = {"light": 1, "dark": 0}  # numbers of Chromium's preferredColorScheme


def screenshot(page: Path, out: Path, width: int, height: int, scheme: str) -> np.ndarray:
    command = [
        str(BROWSER),
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}",
        f"--user-data-dir={out.parent / 'profile'}",
        f"--window-size={width},{height}",
        f"--screenshot={out}",
        page.as_uri(),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return np.asarray(Image.open(out).convert("RGB"))


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("scheme", list(SCHEMES))
def test_a_phone_and_a_desktop(scheme: str, reported: Path, tmp_path: Path) -> None:
    wanted = COLOURS["page"][0 if scheme == "light" else 1]
    page = tuple(int(wanted[i : i + 2], 16) for i in (1, 3, 5))
    # The smallest window is wider than a phone, so the phone is a frame inside a page.
    frame = tmp_path / "phone.html"
    frame.write_text(
        "<!doctype html><meta name=color-scheme content='light dark'><body style='margin:0'>"
        f"<iframe src='{reported.as_uri()}' style='width:390px;height:3000px;border:0'></iframe>",
        encoding="utf-8",
    )
    for place, width, shown in ((reported, 1280, 1280), (frame, 500, 390)):
        pixels = screenshot(place, tmp_path / f"{width}.png", width, 3000, scheme)[:, :shown]
        share = (pixels == page).all(axis=2).mean()
        assert 0.4 < share < 0.95, "mostly page, and something on it"
        edge = (pixels[:, -6:] == page).all(axis=2).mean()
        assert edge == 1, "nothing is cut off at the right"
