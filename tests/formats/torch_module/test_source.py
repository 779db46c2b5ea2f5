"""The written source runs without striate and gives the same outputs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import striate as st
from striate import layers
from tests.house import tree

pytestmark = pytest.mark.torch

REFUSE_STRIATE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "striate":
            raise ImportError("striate was imported")
sys.meta_path.insert(0, Refuse())
import runpy
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def network() -> st.Model:
    x = layers.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", activation="swish")
    y = layers.AveragePooling2D(3, 2, padding="same")(shared(shared(x)))
    y = layers.BatchNormalization(trainable=False)(layers.SqueezeExcite(ratio=1)(y))
    y = layers.LeakyReLU()(layers.MaxPooling2D(3, 2, padding="same")(y))
    return st.Model(x, [layers.Dense(2)(layers.Flatten()(layers.GaussianNoise(0.1)(y))), y])


def run_alone(program: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", REFUSE_STRIATE, program.name],
        cwd=program.parent,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_source_weights_and_test_stand_alone(tmp_path: Path) -> None:
    files = st.save_torch_source(network(), tmp_path / "net.py")
    assert [f.name for f in files] == [
        "net.py",
        "net.safetensors",
        "test_net.py",
        "test_net.safetensors",
    ]
    assert run_alone(files[2]) == "the same outputs\n"
    assert "(conv2d): Conv2d(3, 3, kernel_size=(3, 3)" in run_alone(files[0])


def test_the_source_reads_as_people_write_it(tmp_path: Path) -> None:
    model = st.Sequential(
        [layers.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten()],
        name="small_net",
    )
    text = st.save_torch_source(model, tmp_path / "net.py")[0].read_text()
    assert text == (tree.ROOT / "tests/formats/torch_module/net.txt").read_text()


def test_a_source_whose_weights_changed_fails_its_test(tmp_path: Path) -> None:
    files = st.save_torch_source(network(), tmp_path / "net.py")
    other = st.save_torch_source(network(), tmp_path / "other.py")
    files[1].write_bytes(other[1].read_bytes())
    with pytest.raises(AssertionError, match="AssertionError"):
        run_alone(files[2])


def test_frozen_weights_stay_frozen_in_the_source(tmp_path: Path) -> None:
    source = st.save_torch_source(network(), tmp_path / "net.py")[0]
    assert "self.batch_normalization.weight.requires_grad_(False)" in source.read_text()


@pytest.mark.parametrize("name", ["net", "net.pt", "2net.py", "my-net.py"])
def test_a_name_that_python_cannot_import(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(st.ArgumentError) as caught:
        st.save_torch_source(network(), path)
    assert str(caught.value) == (
        "save_torch_source: the source needs the name of a Python module. "
        f'Got path={str(path)!r}. Expected a name such as "net.py".'
    )
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    there = tmp_path / "test_net.py"
    there.write_text("mine")
    with pytest.raises(st.ArgumentError) as caught:
        st.save_torch_source(network(), tmp_path / "net.py", overwrite=False)
    assert str(caught.value) == (
        f"save_torch_source: the file is there already. Got path={str(there)!r}. overwrite=True."
    )
    assert [p.name for p in tmp_path.iterdir()] == ["test_net.py"]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    noise = layers.GaussianNoise(0.1, name='"""\nimport os')
    dense = layers.Dense(2, name='x"); import os; exit(3) #')
    model = st.Sequential([layers.Input((4,)), noise, dense], name='a"""\nimport os')
    files = st.save_torch_source(model, tmp_path / "net.py")
    assert run_alone(files[2]) == "the same outputs\n"
