"""HDF5 files whose bytes were changed so that the library would take memory or time without end."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import striate as st
from striate.formats.keras_files import attributes, heaps, open_model
from striate.formats.keras_files.hdf5 import Reader
from tests.formats.damaged_files import hdf5, replaced
from tests.fuzz.seeds import legacy_file, sequential

pytestmark = pytest.mark.torch

FILE = legacy_file(sequential())
HEAP = FILE.find(b"GCOL")
AGAIN = " Copy or download it again."
DAMAGED_HEAP = f": the HDF5 file is damaged (a heap).{AGAIN}"


def place(name: str) -> int:
    """Where the first length of a text attribute lies."""
    return FILE.find(struct.pack("<Q", HEAP), FILE.find(name.encode() + b"\0")) - 4


def put(at: int, packed: bytes) -> bytes:
    return FILE[:at] + packed + FILE[at + len(packed) :]


def claim(name: str, length: int, place_too: bool = False) -> bytes:
    return put(place(name), struct.pack("<I", length) + (b"\x7f" * 12 if place_too else b""))


def longer(name: str) -> str:
    return (
        f"attribute `{name}` claims more text than the file holds. Got"
        f" file='{len(FILE)} bytes'.{AGAIN}"
    )


FILES: list[tuple[str, bytes, str]] = [
    ("model", claim("model_config", 0x7F7F7F7F), f": {longer('model_config')}"),
    ("place", claim("model_config", 0x7F7F7F7F, True), f": {longer('model_config')}"),
    ("by one", claim("model_config", len(FILE) + 1), f": {longer('model_config')}"),
    ("version", claim("keras_version", 2**32 - 1), f": {longer('keras_version')}"),
    ("list", claim("layer_names", 2**31), f", /model_weights: {longer('layer_names')}"),
    ("size", put(HEAP + 24, b"\xff" * 8), DAMAGED_HEAP),
    ("beyond", put(HEAP + 24, struct.pack("<Q", 4090)), DAMAGED_HEAP),
    ("heap", put(HEAP + 8, struct.pack("<Q", 2**40)), DAMAGED_HEAP),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "text"), FILES, ids=[f[0] for f in FILES])
def test_what_a_file_cannot_hold_is_refused(
    tmp_path: Path, name: str, content: bytes, text: str
) -> None:
    path = tmp_path / f"{name}.h5"
    path.write_bytes(content)
    with pytest.raises(st.FormatError) as caught:
        open_model(path)
    assert str(caught.value) == f"{path}{text}"
    with Reader(FILE, "x") as sound:
        assert sound.text("model_config") is not None


def test_addresses_of_another_width_are_refused(tmp_path: Path) -> None:
    plan = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    plan.set_sizes(4, 8)
    path = tmp_path / "narrow.h5"
    h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, plan)).close()
    with pytest.raises(st.FormatError) as caught:
        Reader(path, "narrow.h5")
    assert str(caught.value) == (
        "narrow.h5: the HDF5 file keeps addresses and sizes as no Keras does. Got bytes=(4, 8)."
        f" Expected (8, 8).{AGAIN}"
    )


@pytest.mark.parametrize("layout", ["earliest", "latest"])
@pytest.mark.parametrize(
    "value",
    ["é" * 5000, "", ["a", "bc"], [f"{i:060}" for i in range(1000)], [[""], ["x"]]],
    ids=["one", "empty", "two", "many", "grid"],
)
def test_sound_texts_are_read_wherever_they_lie(
    tmp_path: Path, layout: str, value: str | list[str]
) -> None:
    path = tmp_path / "texts.h5"
    with h5py.File(path, "w", libver=layout) as file:
        for i in range(12):  # so many that the latest layout moves them into a heap
            file.attrs[f"other{i}"] = "text"
        file.attrs["names"] = value
    flat = [str(v) for v in np.ravel(np.asarray(value, dtype=object))]
    for source in (path, path.read_bytes()):
        assert attributes.fit(source, "names")
        with Reader(source, "x") as root:
            assert (
                root.texts("names") if isinstance(value, list) else [root.text("names")]
            ) == flat


def test_one_text_used_again_and_again_does_not_fit() -> None:
    def fill(file: h5py.File) -> None:
        file.attrs["names"] = ["x" * 3000, *[""] * 999]

    content = hdf5(fill)
    assert attributes.fit(content, "names")
    start = content.find(struct.pack("<I", 3000) + struct.pack("<Q", content.find(b"GCOL")))
    first = content[start : start + attributes.REFERENCE_BYTES]
    again = content[:start] + first * 1000 + content[start + len(first) * 1000 :]
    assert not attributes.fit(again, "names")


@pytest.mark.parametrize("kind", ["heaps", "attributes"])
def test_parts_that_share_bytes_take_no_time(kind: str) -> None:
    mark = heaps.MARK + b"\x01\0\0\0" + struct.pack("<Q", 1 << 16)
    header = struct.pack("<BBHHH", 1, 0, 2, 8, 8) + b"n\0" + b"\x19" * 6
    began = time.process_time()
    if kind == "heaps":
        assert heaps.damaged(mark * 100_000)
    else:
        assert not attributes.fit(header * 100_000, "n")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("number", [">f4", ">f2", ">i4", ">u2", "<f8"])
def test_numbers_of_another_byte_order_are_read(number: str) -> None:
    values = np.arange(108).reshape(3, 3, 3, 4).astype(number)
    make: Callable[[h5py.File, str], None] = lambda f, n: f.__setitem__(n, values)  # noqa: E731
    with Reader(replaced(make), "x") as root:
        found = root.get("model_weights/conv/conv/kernel:0")
        read = found.numbers()  # type: ignore[union-attr]
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, values)
