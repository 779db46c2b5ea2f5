"""Scripts of every Keras age run unchanged; what runs on the real Keras says the same there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.torch
HERE = Path(__file__).parent
SCRIPTS = {path.stem: path for path in sorted((HERE / "scripts").glob("*.py"))}
ON_KERAS_3 = [
    name for name, path in SCRIPTS.items() if "# also runs on Keras 3" in path.read_text()
]
# The accuracy that a script must reach: about ten points below what it has in several runs.
FLOORS = {"k1_channels_first": 0.7, "k2_custom_loss_metric": 0.9, "k3_images": 0.65}


def run_all(side: str, folder: Path, names: list[str]) -> dict[str, Any]:
    """What each script says at its end, by name; its output where it failed."""
    scripts = [str(SCRIPTS[name]) for name in names]
    command = [sys.executable, str(HERE / "scripts_driver.py"), side, str(folder), *scripts]
    subprocess.run(command, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    found = {}
    for name in names:
        text = (folder / f"{name}.txt").read_text()
        result = re.search(r"^RESULT (.*)$", text, re.M)
        good = text.endswith("exit code 0\n") and result is not None
        found[name] = json.loads(result[1]) if good and result is not None else text
    return found


def test_scripts_of_every_age_run_unchanged_and_learn(tmp_path: Path) -> None:
    found = run_all("striate", tmp_path, list(SCRIPTS))
    assert not {name: text for name, text in found.items() if isinstance(text, str)}
    for name, said in found.items():
        if "acc" in said:
            assert said["acc"] > FLOORS.get(name, 0.75), name
        assert said.get("same", True) is True, name


@pytest.mark.keras
def test_scripts_say_the_same_under_the_real_keras(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    ours = run_all("striate", tmp_path, ON_KERAS_3)
    theirs = run_all("keras", tmp_path / "real", ON_KERAS_3)
    for name in ON_KERAS_3:
        assert isinstance(theirs[name], dict), theirs[name]
        assert abs(ours[name].pop("acc") - theirs[name].pop("acc")) < 0.12, name
        assert ours[name] == theirs[name], name
